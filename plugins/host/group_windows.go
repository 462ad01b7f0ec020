package host

import (
	"os"
	"syscall"
)

// processAttributes keeps the console's Ctrl-C away from the plugin.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// killGroup ends the process; its children end by the life line when they are plugins of ours, else not at all.
func killGroup(p *os.Process) { _ = p.Kill() }

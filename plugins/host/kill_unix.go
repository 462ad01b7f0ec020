//go:build unix

package host

import (
	"os"
	"syscall"
)

// killGroup ends the process and its children.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

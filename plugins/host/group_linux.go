package host

import "syscall"

// processAttributes puts the plugin into a process group of its own, out of reach of the terminal's signals, and has the
// kernel kill it with the host. The life line alone would not reach a plugin that is stopped.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

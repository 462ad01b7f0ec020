//go:build unix && !linux

package host

import "syscall"

// processAttributes puts the plugin into a process group of its own, out of reach of the terminal's signals.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// leaveSession makes the child leave the plugin's process group.
func leaveSession(child *exec.Cmd) { child.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

//go:build unix

package sdk

import (
	"os"
	"os/signal"
	"syscall"

	"wgink.ink/wechat/plugins/internal/wire"
)

// killGroup kills this process and its children, when it leads a group of its own, as a host starts it.
func killGroup() {
	if pid := os.Getpid(); syscall.Getpgrp() == pid {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}

// notifyOrphaned waits for what the kernel sends on Linux when the host dies.
func notifyOrphaned(c chan<- os.Signal) { signal.Notify(c, wire.OrphanedSignal) }

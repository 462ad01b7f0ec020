//go:build unix

package wire

import "syscall"

// OrphanedSignal is what the kernel sends to a plugin on Linux when its host dies. One that can be caught, so that the
// SDK can end the plugin's children, too; whoever does not catch it dies of it. Node.js uses SIGUSR1 for its debugger.
const OrphanedSignal = syscall.SIGUSR2

//go:build unix

package wechattest

import (
	"os"

	"golang.org/x/sys/unix"
)

func lockFile(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// unlockFile gives the lock up by itself: a process that is being started elsewhere in the program holds a copy of the
// descriptor for a moment, and closing ours alone would leave the lock with it.
func unlockFile(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_UN) }

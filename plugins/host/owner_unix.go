//go:build unix

package host

import (
	"io/fs"
	"syscall"
)

// openWithoutWaiting keeps the opening of a FIFO from waiting for its writer.
const openWithoutWaiting = syscall.O_NONBLOCK

// othersMayWrite says whether somebody besides the owner may.
func othersMayWrite(info fs.FileInfo) bool { return info.Mode().Perm()&0o022 != 0 }

func ownedBy(info fs.FileInfo, user int) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == user
}

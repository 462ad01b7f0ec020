//go:build unix

package operate

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// checkPrivate refuses a folder into which others can look, or in which somebody else could replace the socket.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New("is no folder")
	case info.Mode().Perm()&0o077 != 0:
		return errors.New("is open to others; chmod 700 it, or name a folder that does not exist yet")
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Getuid() {
		return fmt.Errorf("belongs to user %d, not to this process's user %d", st.Uid, os.Getuid())
	}
	return nil
}

// keepPrivate lets nobody else open the socket. Until then the folder's mode does.
func keepPrivate(path string) error { return os.Chmod(path, 0o600) }

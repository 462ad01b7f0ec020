//go:build unix

package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir takes the folder's lock; it fails when another host holds it. The lock ends with the process, however it ends.
func lockDir(dir string) (io.Closer, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// lockLeft takes the lock of a folder that a killed host left.
func lockLeft(dir string) (io.Closer, error) { return lockDir(dir) }

// checkOwner refuses a folder in which somebody else could replace our sockets.
func checkOwner(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o022 != 0 {
		return errors.New("may be written by others; chmod go-w it")
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 && int(st.Uid) != os.Getuid() {
		return fmt.Errorf("belongs to user %d, not to this process's user %d or root", st.Uid, os.Getuid())
	}
	return nil
}

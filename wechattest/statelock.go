package wechattest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// stateLock keeps a second simulator from a state file, in this program or another: each would overwrite what the other
// remembers. The file beside it stays when the lock is given up, since removing it would race with the next one.
type stateLock struct{ file *os.File }

// lockStateFile takes the lock, without waiting. Without a state file there is nothing to lock.
func lockStateFile(path string) (stateLock, error) {
	if path == "" {
		return stateLock{}, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return stateLock{}, fmt.Errorf("make the state file's folder: %w", err)
	}
	file, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return stateLock{}, fmt.Errorf("lock the state file: %w", err)
	}
	if err := lockFile(file); err != nil {
		_ = file.Close()
		return stateLock{}, fmt.Errorf("the state file %s belongs to another local WeChat that is running: stop it, or take another file (%w)", path, err)
	}
	return stateLock{file}, nil
}

// release gives the lock up, after the last write.
func (l stateLock) release() error {
	if l.file == nil {
		return nil
	}
	return errors.Join(unlockFile(l.file), l.file.Close())
}

//go:build unix

package dbtest

import (
	"errors"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
)

// locale gives the same order of text everywhere, and Unicode where every system has a locale for it.
func locale() string {
	if runtime.GOOS == "linux" {
		return "C.UTF-8"
	}
	return "C"
}

// runAs is the user PostgreSQL runs as: ourselves, or somebody else when we are root, which PostgreSQL refuses to be.
type runAs struct {
	credential *syscall.Credential // nil means ourselves
	tempDir    string
}

// unprivileged finds the user to run as.
func unprivileged() (runAs, error) {
	if os.Geteuid() != 0 {
		return runAs{tempDir: os.TempDir()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
		if uidErr != nil || gidErr != nil {
			continue
		}
		// Root's own TMPDIR may be closed to that user; /tmp is open to everybody.
		return runAs{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, "/tmp"}, nil
	}
	return runAs{}, errors.New("running as root, and there is neither a user postgres nor nobody to run PostgreSQL as")
}

// own gives files to that user.
func (r runAs) own(paths ...string) error {
	if r.credential == nil {
		return nil
	}
	for _, path := range paths {
		if err := os.Chown(path, int(r.credential.Uid), int(r.credential.Gid)); err != nil {
			return err
		}
	}
	return nil
}

// attributes start a child as that user, in a process group of its own.
func (r runAs) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: r.credential}
}

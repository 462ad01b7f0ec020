//go:build unix

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	osuser "os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// owner is the user a plugin runs as, when that is not the host's.
type owner struct{ uid, gid int }

// lookUpOwner finds a user by name or number. Only root may start processes of others.
func lookUpOwner(name string) (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("only a host that runs as root can run a plugin as another user")
	}
	found, err := osuser.Lookup(name)
	if err != nil {
		if found, err = osuser.LookupId(name); err != nil {
			return nil, fmt.Errorf("there is no user %q", name)
		}
	}
	uid, err1 := strconv.Atoi(found.Uid)
	gid, err2 := strconv.Atoi(found.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if uid == 0 {
		return nil, errors.New("is root, which a plugin need not be")
	}
	return &owner{uid: uid, gid: gid}, nil
}

// attributes makes a process one of this user's, without further groups.
func (o *owner) attributes(attr *syscall.SysProcAttr) {
	attr.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid), Groups: []uint32{}} //nolint:gosec // from the system
}

// own gives a folder to the user.
func (o *owner) own(folder string) error { return os.Chown(folder, o.uid, o.gid) }

// mayRun lets the user's group read and run a copy, and reach it and the folders beside it; it may not list those of
// other plugins.
func (o *owner) mayRun(d *runDir, copied string) error {
	for _, each := range []string{filepath.Dir(d.path), d.path, filepath.Dir(copied)} {
		info, err := os.Stat(each)
		if err != nil {
			return err
		}
		if err := os.Chmod(each, info.Mode().Perm()|0o011); err != nil { // to be passed through
			return err
		}
	}
	root, err := os.OpenRoot(copied)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return errors.Join(root.Chown(path, -1, o.gid), root.Chmod(path, info.Mode().Perm()|info.Mode().Perm()&0o500>>3))
	})
}

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// realFile is the name of a file, or of one that is yet to be made, without symbolic links: the lock and the check of the
// file system are worth nothing beside a link.
func realFile(name string) (string, error) {
	const most = 40 // links in a row, as the kernel has it
	file := name
	for range most {
		found, err := filepath.EvalSymlinks(file)
		if err == nil {
			return filepath.Abs(found)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("find the database file: %w", err)
		}
		dir, err := filepath.EvalSymlinks(filepath.Dir(file))
		if err != nil {
			return "", fmt.Errorf("find the database's folder: %w", err)
		}
		file = filepath.Join(dir, filepath.Base(file))
		target, err := os.Readlink(file)
		switch {
		case err != nil: // no link, and not there yet
			return filepath.Abs(file)
		case filepath.IsAbs(target):
			file = target
		default:
			file = filepath.Join(dir, target)
		}
	}
	return "", fmt.Errorf("find the database file: %s: too many links", name)
}

// makeFile makes an empty database file unless there is one. Phone numbers will be in it: only this user may read it.
// SQLite gives -wal and -shm the same mode. A file that is there is not opened, because closing it would give up the locks
// that another connection of this process has on it.
func makeFile(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the database file: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("make the database file: %w", err)
	}
	return nil
}

// file is the name of an SQLite database's file as SQLite has it; empty: it is in memory.
func (d *DB) file(ctx context.Context) (name string, err error) {
	if err := d.db.NewRaw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(ctx, &name); err != nil {
		return "", fmt.Errorf("ask for the database's file: %w", err)
	}
	return name, nil
}

// LockFile makes this process the only host that uses the SQLite file, until unlock or its end, and refuses a file that is
// not on this machine. Two hosts on one file would
// each take the other's deliveries for those of a dead one. PostgreSQL is shared, and nobody else has a database in memory.
func (d *DB) LockFile(ctx context.Context) (unlock func() error, err error) {
	return d.lockLocalFile(ctx, fileSystem)
}

func (d *DB) lockLocalFile(ctx context.Context, look kindOf) (unlock func() error, err error) {
	nothing := func() error { return nil }
	if d.postgres() {
		return nothing, nil
	}
	file, err := d.file(ctx)
	if err != nil || file == "" {
		return nothing, err
	}
	if file, err = realFile(file); err != nil {
		return nil, err
	}
	if err := checkLocal(filepath.Dir(file), look); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(file+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s is in use by another host: an SQLite file belongs to one process; "+
			"for several hosts use PostgreSQL (%w)", file, err), f.Close())
	}
	return func() error { return errors.Join(unlockFile(f), f.Close()) }, nil
}

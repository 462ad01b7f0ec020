package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
)

// lockFolder makes sure that one program uses the data folder at a time: two local WeChats would overwrite each other's
// memory. The lock is SQLite's on a file of its own, because that works on every system and ends with the process.
func lockFolder(ctx context.Context, folder string) (unlock func() error, err error) {
	db, err := sql.Open("sqlite", filepath.Join(folder, "lock.db")+"?_txlock=exclusive")
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s is in use by another hostdemo: stop that one, or give this one a folder of its own with -data DIR (%w)",
			folder, err), db.Close())
	}
	return func() error { return errors.Join(tx.Rollback(), db.Close()) }, nil
}

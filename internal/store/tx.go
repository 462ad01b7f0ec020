package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// InTx runs fn in one transaction and commits when fn returns nil. fn may run several times: again when the connection broke
// before the commit was sent.
func (d *DB) InTx(ctx context.Context, fn func(q Queries) error) (err error) {
	for range tries(d.bun) {
		if err = d.once(ctx, fn); !errors.Is(err, errBroken) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// tries is how often to try on connections that break. A restart of PostgreSQL, or its idle_session_timeout, ends every idle
// one, which shows when it is used next; so does the one that the intake keeps. The last try makes a new one.
func tries(db *bun.DB) int { return db.Stats().Idle + 2 }

// errBroken marks a connection that broke before the commit, so that nothing can have been kept.
var errBroken = errors.New("connection broke before the commit")

// once passes a panic through, of fn or of a query hook of the host's, and gives the connection back all the same.
func (d *DB) once(ctx context.Context, fn func(q Queries) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends a transaction whose BEGIN was sent when the hook panicked
	tx, err := d.bun.BeginTx(ctx, nil)
	if err != nil {
		return markBroken(fmt.Errorf("begin: %w", err))
	}
	defer func() { _ = tx.Tx.Rollback() }() // past the hooks; nothing is left to roll back unless there was a panic
	if err := fn(Queries{db: tx, now: d.now}); err != nil {
		if back := tx.Rollback(); back != nil && !errors.Is(back, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("roll back: %w", back))
		}
		return markBroken(err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err) // unknown whether it was kept; never tried again here
	}
	return nil
}

func markBroken(err error) error {
	if broken(err) {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	return err
}

// broken tells a lost connection from an answer of the server.
func broken(err error) bool {
	if pg, ok := errors.AsType[pgdriver.Error](err); ok {
		switch pg.Field('C') {
		case "57P01", "57P02", "57P03", "57P05": // the server is stopping, crashed, or starting; or the connection was idle for too long
			return true
		}
		return strings.HasPrefix(pg.Field('C'), "08") // connection exceptions, such as a pooler's
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true
	}
	if n, ok := errors.AsType[*net.OpError](err); ok {
		return !n.Timeout()
	}
	return false
}

// IsUnique tells whether err is a broken unique key, and nothing else.
func IsUnique(err error) bool {
	if pg, ok := errors.AsType[pgdriver.Error](err); ok {
		return pg.Field('C') == "23505"
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// isLocked tells whether SQLite refused what this connection's own transaction stands in the way of.
func isLocked(err error) bool {
	lite, ok := errors.AsType[*sqlite.Error](err)
	return ok && lite.Code()&0xff == sqlite3.SQLITE_LOCKED
}

// ItemFault says whether the database refused what it was given: then one row of several may be the cause, and the others
// are worth another try without it. A database that is down, full or busy refuses everybody.
func ItemFault(err error) bool {
	if pg, ok := errors.AsType[pgdriver.Error](err); ok {
		// The classes for data, integrity, syntax (which a NUL in a text becomes) and limits.
		return slices.ContainsFunc([]string{"22", "23", "42", "54"}, func(class string) bool {
			return strings.HasPrefix(pg.Field('C'), class)
		})
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_ERROR:
			return true
		}
	}
	return false
}

// affected says whether a statement touched a row.
func affected(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// one says whether a query for a single row found it.
func one(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"

	"github.com/uptrace/bun"
)

// minBusyTimeout is the shortest busy_timeout of a host's pool, in milliseconds: another program may have the file for a
// moment, for a backup.
const minBusyTimeout = 1000

// remedy is how a host opens SQLite so that it passes.
const remedy = "open the pool with ?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
	"&_pragma=foreign_keys(1)&_txlock=immediate in the file's name, and call SetMaxOpenConns(1)"

// checkDurableSQLite refuses an SQLite database that forgets. It matters only for one that the host opened: our own
// connections are checked as they are made.
func (d *DB) checkDurableSQLite(ctx context.Context) error {
	if d.owned {
		return nil
	}
	file, err := d.file(ctx)
	if err != nil {
		return err
	}
	if file == "" {
		return errors.New("the SQLite database handed in is in memory: it is lost with the process; use a file, " +
			"or set database.unsafe: true for tests")
	}
	return d.eachConnection(ctx, func(conn bun.Conn) error {
		level, err := pragma[int](ctx, conn, "synchronous")
		if err == nil && level < 2 {
			err = fmt.Errorf("the SQLite database handed in has synchronous=%d: answered notices could be lost in a power cut; %s",
				level, remedy)
		}
		return err
	})
}

// checkSQLitePool refuses a host's SQLite pool that would make the module fail under load, or lose the order of things.
func (d *DB) checkSQLitePool(ctx context.Context) error {
	if most := d.bun.Stats().MaxOpenConnections; most != 1 {
		many := "any number of"
		if most > 0 {
			many = strconv.Itoa(most)
		}
		return fmt.Errorf("the SQLite pool handed in may have %s connections: SQLite has one writer, and more only lock each other out; %s",
			many, remedy)
	}
	file, err := d.file(ctx)
	if err != nil {
		return err
	}
	check := func(conn bun.Conn) error { return checkSQLiteConnection(ctx, conn, file == "") }
	if file != "" {
		return d.eachConnection(ctx, check)
	}
	conn, err := d.bun.Conn(ctx)
	if err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	return errors.Join(check(conn), conn.Close())
}

// eachConnection shows check the connection that the pool has, and one that the pool makes anew: settings made by a
// statement are gone with their connection, those in the file's name are not.
func (d *DB) eachConnection(ctx context.Context, check func(conn bun.Conn) error) error {
	for _, end := range []bool{true, false} {
		conn, err := d.bun.Conn(ctx)
		if err != nil {
			return fmt.Errorf("check the database: %w", err)
		}
		err = check(conn)
		if end && err == nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // tells database/sql to end it
			continue
		}
		if err := errors.Join(err, conn.Close()); err != nil {
			return err
		}
	}
	return nil
}

func checkSQLiteConnection(ctx context.Context, conn bun.Conn, inMemory bool) error {
	mode, err := pragma[string](ctx, conn, "journal_mode")
	if err != nil {
		return err
	}
	if mode != "wal" && !inMemory {
		return fmt.Errorf("the SQLite pool handed in has journal_mode=%s: whoever reads the file would stop notices; %s", mode, remedy)
	}
	timeout, err := pragma[int](ctx, conn, "busy_timeout")
	if err != nil {
		return err
	}
	if timeout < minBusyTimeout {
		return fmt.Errorf("the SQLite pool handed in has busy_timeout=%d: a backup would make statements fail at once; %s", timeout, remedy)
	}
	foreignKeys, err := pragma[int](ctx, conn, "foreign_keys")
	if err != nil {
		return err
	}
	if foreignKeys != 1 {
		return fmt.Errorf("the SQLite pool handed in has foreign_keys=%d: rows could be left without the ones they belong to; %s",
			foreignKeys, remedy)
	}
	if inMemory {
		return nil // nobody else can be in it
	}
	return checkImmediate(ctx, conn)
}

// checkImmediate tells how the pool begins transactions: SQLite makes a checkpoint in one that has no lock yet, and refuses
// it in one that has.
func checkImmediate(ctx context.Context, conn bun.Conn) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	var busy, pages, moved int
	err = tx.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &moved)
	if back := tx.Rollback(); back != nil {
		return fmt.Errorf("check the database: %w", back)
	}
	if err == nil {
		return fmt.Errorf("the SQLite pool handed in begins transactions that take no lock: they fail when they first write; %s", remedy)
	}
	if !isLocked(err) {
		return fmt.Errorf("check the database, whose driver must be modernc.org/sqlite: %w", err)
	}
	return nil
}

func pragma[T any](ctx context.Context, conn bun.Conn, name string) (value T, err error) {
	if err := conn.QueryRowContext(ctx, "PRAGMA "+name).Scan(&value); err != nil {
		return value, fmt.Errorf("check the database: pragma %s: %w", name, err)
	}
	return value, nil
}

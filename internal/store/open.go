package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/pgdriver"
	_ "modernc.org/sqlite" // the driver "sqlite", pure Go
)

// Limits of the pool and of one statement on PostgreSQL.
const (
	poolSize         = 20              // three idle pools of 64 exhausted a server with 200 connections
	idleTime         = 2 * time.Minute // pgdriver reports a connection the server dropped only on its next use
	statementTimeout = 5 * time.Second
	readTimeout      = statementTimeout + time.Second // pgdriver: the deadline of a call without one; ends it at last
	migrationTimeout = 10 * time.Minute               // an index build must not meet the read timeout
)

// Open opens postgres://… or sqlite:FILE. It returns without talking to the server; Ping does.
func Open(databaseURL string) (*DB, error) {
	var (
		db  *bun.DB
		err error
	)
	if file, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		db, err = openSQLite(file)
	} else {
		db, err = openPostgres(databaseURL, readTimeout, statementTimeout)
	}
	if err != nil {
		return nil, err
	}
	d, err := Wrap(db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	d.owned = true
	return d, nil
}

// Migrate brings the tables of databaseURL up to date, over a connection of its own without the short time limits.
func Migrate(ctx context.Context, databaseURL string) error {
	if strings.HasPrefix(databaseURL, "sqlite:") {
		d, err := Open(databaseURL)
		if err != nil {
			return err
		}
		return errors.Join(d.Migrate(ctx), d.Close())
	}
	db, err := openPostgres(databaseURL, migrationTimeout, migrationTimeout)
	if err != nil {
		return err
	}
	d, err := Wrap(db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	return errors.Join(d.Migrate(ctx), db.Close())
}

func openSQLite(file string) (*bun.DB, error) {
	file = strings.TrimPrefix(file, "//")
	if file == "" {
		return nil, errors.New("database.url: sqlite: needs a file name, for example sqlite:wechat.db")
	}
	if dir := filepath.Dir(file); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the database's folder: %w", err)
		}
	}
	// Phone numbers are in it: only this user may read it. SQLite gives -wal and -shm the same mode.
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database file: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("close the database file: %w", err)
	}
	// Pragmas go into the DSN, because they belong to a connection and the pool may open a new one.
	q := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)", "foreign_keys(1)"}, "_txlock": {"immediate"}}
	dsn := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: q.Encode()}).String()
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("open sqlite: %w", err)
	}
	pool.SetMaxOpenConns(1) // one writer; a second connection would only meet SQLITE_BUSY
	return bun.NewDB(pool, sqlitedialect.New()), nil
}

func openPostgres(databaseURL string, read, statement time.Duration) (*bun.DB, error) {
	dsn, err := withTLSDefault(databaseURL)
	if err != nil {
		return nil, err
	}
	var connector *pgdriver.Connector
	if err := catch(func() {
		connector = pgdriver.NewConnector(
			pgdriver.WithDSN(dsn),
			pgdriver.WithApplicationName("wechat"),
			pgdriver.WithReadTimeout(read),
			pgdriver.WithConnParams(map[string]any{
				"statement_timeout":                   statement.Milliseconds(),
				"lock_timeout":                        min(statement, time.Minute).Milliseconds(),
				"idle_in_transaction_session_timeout": (10 * time.Second).Milliseconds(),
				"synchronous_commit":                  "on", // an answered notice must survive, whatever the server's default
				"default_transaction_isolation":       "read committed",
			}),
		)
	}); err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(poolSize)
	pool.SetMaxIdleConns(poolSize)
	pool.SetConnMaxIdleTime(idleTime)
	return bun.NewDB(pool, pgdialect.New()), nil
}

// catch turns pgdriver's panic on an unusable DSN into an error that does not repeat the DSN, which may hold a password.
func catch(fn func()) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("database.url: PostgreSQL cannot be reached with these parameters: check sslmode, sslrootcert and the names after ?")
		}
	}()
	fn()
	return nil
}

// withTLSDefault fills in sslmode when the URL has none: pgdriver would then encrypt without verifying. A server on this
// machine is reached in plain, any other one must prove who it is.
func withTLSDefault(databaseURL string) (string, error) {
	u, err := url.Parse(databaseURL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return "", errors.New("database.url: want postgres://USER:PASSWORD@HOST:PORT/DATABASE or sqlite:FILE")
	}
	q := u.Query()
	if q.Has("sslmode") {
		return databaseURL, nil
	}
	mode := "verify-full"
	if host := u.Hostname(); host == "" || host == "localhost" || net.ParseIP(host).IsLoopback() {
		mode = "disable"
	}
	q.Set("sslmode", mode)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

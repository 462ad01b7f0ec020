package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"
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
	if file, ok := sqliteFile(databaseURL); ok {
		db, err = openSQLite(file, fileSystem)
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

func openPostgres(databaseURL string, read, statement time.Duration) (*bun.DB, error) {
	dsn, err := withTLSDefault(databaseURL)
	if err != nil {
		return nil, err
	}
	params, err := sessionParams(dsn)
	if err != nil {
		return nil, err
	}
	maps.Copy(params, map[string]any{ // ours win: what the module promises rests on them
		"statement_timeout":                   statement.Milliseconds(),
		"lock_timeout":                        min(statement, time.Minute).Milliseconds(),
		"idle_in_transaction_session_timeout": (10 * time.Second).Milliseconds(),
		"synchronous_commit":                  "on", // an answered notice must survive, whatever the server's default
		"default_transaction_isolation":       "read committed",
	})
	var connector *pgdriver.Connector
	if err := catch(func() {
		connector = pgdriver.NewConnector(
			pgdriver.WithApplicationName("wechat"), // before the URL, which may have another
			pgdriver.WithDSN(dsn),
			pgdriver.WithReadTimeout(read),
			pgdriver.WithConnParams(params), // replaces those of the URL, so theirs are among them
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

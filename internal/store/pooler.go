package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// sessionTimeout bounds the look for a pooler, which might keep one connection waiting for the other.
const sessionTimeout = 10 * time.Second

var errPooler = errors.New("the connections to PostgreSQL change their server between statements, as behind a pooler in transaction or " +
	"statement mode: settings, locks and transactions of the module would not hold; set the pooler to session mode, or connect to the server itself")

// CheckSession refuses connections to PostgreSQL that are no sessions: then synchronous_commit might be set for one server
// process and not for the one that commits, a lock be held by nobody, and a transaction be none.
func (d *DB) CheckSession(ctx context.Context) error {
	if !d.postgres() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sessionTimeout)
	defer cancel()
	err := d.checkSession(ctx)
	if ctx.Err() != nil {
		return fmt.Errorf("two connections to PostgreSQL do not go on side by side; is there a pooler with one server connection? %w", err)
	}
	return err
}

func (d *DB) checkSession(ctx context.Context) (err error) {
	var pair [2]bun.Conn
	for i := range pair {
		if pair[i], err = d.bun.Conn(ctx); err != nil {
			return fmt.Errorf("check the database: %w", err)
		}
		defer func() { err = errors.Join(err, pair[i].Close()) }()
	}
	const rounds = 3 // for poolers that choose at random
	for range rounds {
		if err := holdsBeside(ctx, pair[0], pair[1]); err != nil {
			return err
		}
	}
	return nil
}

// holdsBeside asks one connection for its server process before and after the other has begun a transaction: a pooler gives
// the transaction the process that has just become free.
func holdsBeside(ctx context.Context, one, other bun.Conn) error {
	before, err := serverOf(ctx, one)
	if err != nil {
		return err
	}
	tx, err := other.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("check the database: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	began, err := serverOf(ctx, tx)
	if err != nil {
		return err
	}
	after, err := serverOf(ctx, one)
	if err != nil {
		return err
	}
	still, err := serverOf(ctx, tx)
	if err != nil {
		return err
	}
	if before.PID != after.PID || began != still {
		return errPooler
	}
	return nil
}

// server is the process that answers, and when its transaction began: two statements of one transaction agree on both.
type server struct {
	PID   int64  `bun:"pid"`
	Began string `bun:"began"`
}

func serverOf(ctx context.Context, db bun.IDB) (s server, err error) {
	if err := db.NewRaw("SELECT pg_backend_pid() AS pid, transaction_timestamp()::text AS began").Scan(ctx, &s); err != nil {
		return s, fmt.Errorf("check the database: %w", err)
	}
	return s, nil
}

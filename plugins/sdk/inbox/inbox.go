// Package inbox gives a plugin exactly one effect for each event, in a database of its own: the event's id is written in
// the transaction of the effect, and whoever comes second finds it there.
//
//	box := inbox.New(inbox.PostgreSQL, env.ID)
//	err := box.Once(ctx, tx, n.EventID, func(ctx context.Context, tx *sql.Tx) error { … })
//
// Events come at least once, so this, or a unique key in the effect's own table, is what "exactly once" is made of. It
// works for effects inside the same database only; for calls of other services hand the event's id on as their
// idempotency key.
//
// It does not look at Delivery.Shadow: a plugin that is tried in the shadow returns before Once.
//
// The package links database/sql and no driver.
package inbox

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// idMax bounds an event id and a consumer's name, in bytes. MySQL would cut a longer one short, and two events could
// become one.
const idMax = 191

// Inbox is one consumer's memory of events, in the table that Schema makes. It holds no connection and may be copied.
type Inbox struct {
	dialect  Dialect
	consumer string
}

// New is the inbox of a consumer: the plugin's id, Env.ID. Consumers do not see each other's events. One that has two
// effects in two transactions for each event needs two names.
func New(dialect Dialect, consumer string) Inbox { return Inbox{dialect: dialect, consumer: consumer} }

// Once runs fn unless it did so for the event before, in the same transaction as fn's effect. The caller commits, or rolls
// back when there is an error; then the event is as new. fn's error is returned as it is.
//
// Of two deliveries at once the second waits for the first to commit and then does nothing; with an isolation level above
// the default, or on SQLite, it may fail instead: return the error, and the event comes back.
func (i Inbox) Once(ctx context.Context, tx *sql.Tx, eventID string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	fresh, err := i.insert(ctx, tx, eventID)
	if err != nil || !fresh {
		return err
	}
	return fn(ctx, tx)
}

// insert tells whether the event was not known.
func (i Inbox) insert(ctx context.Context, tx *sql.Tx, eventID string) (fresh bool, err error) {
	for what, value := range map[string]string{"event id": eventID, "consumer": i.consumer} {
		if value == "" || len(value) > idMax {
			return false, fmt.Errorf("inbox: %s %q must have 1 to %d bytes", what, value, idMax)
		}
	}
	statement, err := i.dialect.insert()
	if err != nil {
		return false, err
	}
	result, err := tx.ExecContext(ctx, statement, i.consumer, eventID, time.Now().Unix())
	if err != nil {
		return false, fmt.Errorf("inbox: %w", err)
	}
	rows, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("inbox: %w", err)
	}
	return rows == 1, nil
}

// InTx is Once in a transaction of its own: begun on db, committed when fn succeeds.
func (i Inbox) InTx(ctx context.Context, db *sql.DB, eventID string, fn func(ctx context.Context, tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("inbox: begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := i.Once(ctx, tx, eventID, fn); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("inbox: commit: %w", err)
	}
	return nil
}

// Forget removes what is older than age, so that the table does not grow for ever. An event that comes after that is taken
// for new: give an age well over the time in which operators still replay events.
func (i Inbox) Forget(ctx context.Context, db *sql.DB, age time.Duration) error {
	statement, err := i.dialect.forget()
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, statement, i.consumer, time.Now().Add(-age).Unix()); err != nil {
		return fmt.Errorf("inbox: forget: %w", err)
	}
	return nil
}

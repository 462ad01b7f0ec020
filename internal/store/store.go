// Package store keeps the module's rows in PostgreSQL or SQLite. It is the only package that writes SQL, and it holds no
// rule of the business: it answers what is there and refuses what the unique keys refuse.
//
// Instants are milliseconds since 1970 (UTC). Queue times are the database's own clock, so that hosts with different
// clocks share one queue; all other instants are handed in.
package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"wgink.ink/wechat/migrations"
)

// DB is an open database. Its embedded Queries run outside a transaction.
type DB struct {
	Queries
	bun    *bun.DB
	owned  bool
	intake *intake // PostgreSQL only
}

// Queries are the statements, bound to a transaction or to the pool. Inside InTx use only the ones handed in: SQLite has
// one connection, and reaching for the pool would wait for ever.
type Queries struct {
	db  bun.IDB
	now string // the database's clock in milliseconds, as SQL
}

// Wrap uses a database the host opened; Close leaves it open.
func Wrap(db *bun.DB) (*DB, error) {
	now, err := clock(db)
	if err != nil {
		return nil, err
	}
	return &DB{Queries: Queries{db: db, now: now}, bun: db, intake: &intake{db: db}}, nil
}

// Migrate brings the tables up to date.
func (d *DB) Migrate(ctx context.Context) error { return migrations.Up(ctx, d.bun) }

// Ping asks whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.bun.PingContext(ctx); err != nil {
		return fmt.Errorf("ping the database: %w", err)
	}
	return nil
}

// Close closes a database that Open opened.
func (d *DB) Close() error {
	d.intake.close()
	if !d.owned {
		return nil
	}
	if err := d.bun.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}

func clock(db *bun.DB) (string, error) {
	switch name := db.Dialect().Name(); name {
	case dialect.PG:
		// statement_timestamp is stable, so that an index on wake_at can be used; it is not frozen by a transaction.
		return "(EXTRACT(EPOCH FROM statement_timestamp()) * 1000)::bigint", nil
	case dialect.SQLite:
		return "CAST(unixepoch('subsec') * 1000 AS INTEGER)", nil
	default:
		return "", fmt.Errorf("database %s is not supported: use PostgreSQL or SQLite", name)
	}
}

// Millis is an instant as the tables keep it.
type Millis int64

// MillisOf converts, cutting below a millisecond; the zero time becomes 0.
func MillisOf(t time.Time) Millis {
	if t.IsZero() {
		return 0
	}
	return Millis(t.UnixMilli())
}

// Time converts back; 0 becomes the zero time.
func (m Millis) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

func (q Queries) postgres() bool { return q.db.Dialect().Name() == dialect.PG }

// Owned tells whether Open opened the database, so that Close closes it.
func (d *DB) Owned() bool { return d.owned }

// Package migrations holds the module's tables as SQL files, one folder for each database with equal names, and applies
// them. Every table begins with wechat_, because a host may share its own database with the module.
//
// Instants are stored as BIGINT milliseconds since 1970 (UTC) on both databases: exact, comparable, and the same code.
package migrations

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/migrate"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Up applies what is missing and does nothing when everything is applied. Hosts starting at once on one PostgreSQL
// wait for each other.
func Up(ctx context.Context, db *bun.DB) error {
	m, err := migrator(db)
	if err != nil {
		return err
	}
	unlock, err := lock(ctx, db)
	if err != nil {
		return err
	}
	defer unlock()

	if err := m.Init(ctx); err != nil {
		return fmt.Errorf("create the migration tables: %w", err)
	}
	if _, err := m.Migrate(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

// Down takes the last group back. For tests and for operators who return to an older version.
func Down(ctx context.Context, db *bun.DB) error {
	m, err := migrator(db)
	if err != nil {
		return err
	}
	unlock, err := lock(ctx, db)
	if err != nil {
		return err
	}
	defer unlock()

	if _, err := m.Rollback(ctx); err != nil {
		return fmt.Errorf("roll the database back: %w", err)
	}
	return nil
}

func migrator(db *bun.DB) (*migrate.Migrator, error) {
	folder := "sqlite"
	if db.Dialect().Name() == dialect.PG {
		folder = "postgres"
	}
	sub, err := fs.Sub(files, folder)
	if err != nil {
		return nil, fmt.Errorf("open the migration files: %w", err)
	}
	set := migrate.NewMigrations()
	if err := set.Discover(sub); err != nil {
		return nil, fmt.Errorf("read the migration files: %w", err)
	}
	return migrate.NewMigrator(db, set,
		migrate.WithTableName("wechat_migrations"),
		migrate.WithLocksTableName("wechat_migration_locks"),
		migrate.WithMarkAppliedOnSuccess(true), // the default marks a migration before running it
	), nil
}

// lockKey is the advisory lock's number: "wechat" read as six bytes.
const lockKey = 0x776563686174

// lock serialises hosts by a PostgreSQL advisory lock. bun's own Migrator.Lock is a row, which would stay behind when a
// host dies while migrating. SQLite has one process and needs none.
func lock(ctx context.Context, db *bun.DB) (unlock func(), err error) {
	if db.Dialect().Name() != dialect.PG {
		return func() {}, nil
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect for migrations: %w", err)
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(?)", int64(lockKey)); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("wait for another host's migration: %w", err)
	}
	return func() {
		// The lock also ends with the connection, so a failure to unlock cannot outlive it.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(?)", int64(lockKey))
		_ = conn.Close()
	}, nil
}

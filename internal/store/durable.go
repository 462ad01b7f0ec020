package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// SingleProcess tells whether the database belongs to this process alone.
func (d *DB) SingleProcess() bool { return !d.postgres() }

// CheckDurable refuses a server that forgets what it has committed: an answered notice must survive a power cut. The
// notice's own connection sets synchronous_commit itself, so a pool without it does no harm there; fsync cannot be set by
// a client.
func (d *DB) CheckDurable(ctx context.Context) error {
	if !d.postgres() {
		return d.checkDurableSQLite(ctx)
	}
	for _, c := range []struct {
		setting, want, why string
	}{
		{"fsync", "on", "the server may lose everything in a power cut"},
		{"full_page_writes", "on", "the server may lose pages in a power cut"},
	} {
		value, err := d.setting(ctx, c.setting)
		if err != nil {
			return err
		}
		if value != c.want {
			return fmt.Errorf("PostgreSQL runs with %s=%s: %s; switch it on, or set database.unsafe: true for tests", c.setting, value, c.why)
		}
	}
	return nil
}

// CheckPool refuses a pool handed in by the host whose connections would break what the module promises.
func (d *DB) CheckPool(ctx context.Context) error {
	if !d.postgres() {
		return d.checkSQLitePool(ctx)
	}
	if most := d.bun.Stats().MaxOpenConnections; most > 0 && most < minPool {
		return fmt.Errorf("the database pool handed in has at most %d connections: the module needs %d, one of them for notices alone",
			most, minPool)
	}
	commit, err := d.setting(ctx, "synchronous_commit")
	if err != nil {
		return err
	}
	if commit == "off" {
		return errors.New("the database pool handed in sets synchronous_commit=off: a commit could be lost after it was answered; " +
			"leave it on for this pool")
	}
	isolation, err := d.setting(ctx, "default_transaction_isolation")
	if err != nil {
		return err
	}
	if isolation != "read committed" {
		return fmt.Errorf("the database pool handed in sets default_transaction_isolation=%s: the queue needs read committed; "+
			"set a stricter level in the transactions that need it", isolation)
	}
	var timeout int64
	if err := d.db.NewRaw("SELECT setting::bigint FROM pg_settings WHERE name = 'statement_timeout'").Scan(ctx, &timeout); err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	if timeout != 0 && timeout < minStatementTimeout.Milliseconds() {
		return fmt.Errorf("the database pool handed in sets statement_timeout=%dms: log-ins and claims need at least %s",
			timeout, minStatementTimeout)
	}
	return nil
}

// minPool is the smallest pool of a host that the module can work with.
const minPool = 4

// minStatementTimeout is the shortest statement_timeout of a host's pool that the module can work with.
const minStatementTimeout = time.Second

func (d *DB) setting(ctx context.Context, name string) (value string, err error) {
	if err := d.db.NewRaw("SELECT current_setting(?)", name).Scan(ctx, &value); err != nil {
		return "", fmt.Errorf("check the database: %w", err)
	}
	return value, nil
}

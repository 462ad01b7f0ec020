package store

import (
	"context"
	"fmt"
)

// SingleProcess tells whether the database belongs to this process alone.
func (d *DB) SingleProcess() bool { return !d.postgres() }

// CheckDurable refuses a server that forgets what it has committed: an answered notice must survive a power cut. The
// notice's own connection sets synchronous_commit itself, so a pool without it does no harm there; fsync cannot be set by
// a client. For an SQLite database that the host opened it checks the pragmas.
func (d *DB) CheckDurable(ctx context.Context) error {
	if !d.postgres() {
		var level int
		if err := d.db.NewRaw("PRAGMA synchronous").Scan(ctx, &level); err != nil {
			return fmt.Errorf("check the database: %w", err)
		}
		if level < 2 {
			return fmt.Errorf("the SQLite database handed in has synchronous=%d: answered notices could be lost in a power cut; "+
				"open it with _pragma=synchronous(FULL)", level)
		}
		return nil
	}
	for setting, why := range map[string]string{
		"fsync":            "the server may lose everything in a power cut",
		"full_page_writes": "the server may lose pages in a power cut",
	} {
		var value string
		if err := d.db.NewRaw("SELECT current_setting(?)", setting).Scan(ctx, &value); err != nil {
			return fmt.Errorf("check the database: %w", err)
		}
		if value != "on" {
			return fmt.Errorf("PostgreSQL runs with %s=%s: %s; switch it on, or set database.unsafe: true for tests", setting, value, why)
		}
	}
	return nil
}

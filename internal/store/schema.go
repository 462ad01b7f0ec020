package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// CheckSchema refuses a search_path of PostgreSQL under which the module would not find its tables again: a migration makes
// new ones in the first schema, and what waits in the old ones would be delivered by nobody. It comes before Migrate.
func (d *DB) CheckSchema(ctx context.Context) error {
	if !d.postgres() {
		return nil
	}
	path, err := d.setting(ctx, "search_path")
	if err != nil {
		return err
	}
	var first sql.NullString
	if err := d.db.NewRaw("SELECT current_schema()").Scan(ctx, &first); err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	if !first.Valid {
		return fmt.Errorf("PostgreSQL's search_path is %s, which names no schema that is there: create it, or change search_path", path)
	}
	var homes []string // where tables of ours are, or such as we could take for ours
	if err := d.db.NewRaw(`SELECT n.nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.relname = 'wechat_events' AND c.relkind IN ('r', 'p')
			AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'INSERT') ORDER BY n.nspname`).Scan(ctx, &homes); err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	if len(homes) > 0 && !slices.Contains(homes, first.String) {
		return fmt.Errorf("the module's tables are in the schema %s, but PostgreSQL's search_path is %s, so that new ones would be made in %s "+
			"and the old ones forgotten: put %[1]s first; a second set of tables needs a database or a user of its own", homes[0], path, first.String)
	}
	return nil
}

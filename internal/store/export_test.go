package store

import "context"

// ForceRunning tries to set a row running past the claim's own conditions.
func (q Queries) ForceRunning(ctx context.Context, eventID string) error {
	_, err := q.db.NewRaw("UPDATE wechat_deliveries SET state = 'running', owner = 'forced' WHERE event_id = ?", eventID).Exec(ctx)
	return err
}

// EndOtherConnections makes the server end every connection but the one that asks.
func (d *DB) EndOtherConnections(ctx context.Context) error {
	if !d.postgres() {
		return nil
	}
	_, err := d.bun.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	return err
}

// Deallocate forgets the intake's prepared statement behind its back, as a pooler does.
func (d *DB) Deallocate(ctx context.Context) error {
	if !d.postgres() || d.intake.conn == nil {
		return nil
	}
	_, err := d.intake.conn.ExecContext(ctx, "DEALLOCATE ALL")
	return err
}

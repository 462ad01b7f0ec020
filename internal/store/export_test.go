package store

import (
	"context"
	"strings"
)

// ForceRunning tries to set a row running past the claim's own conditions.
func (q Queries) ForceRunning(ctx context.Context, eventID string) error {
	_, err := q.db.NewRaw("UPDATE wechat_deliveries SET state = 'running', owner = 'forced' WHERE event_id = ?", eventID).Exec(ctx)
	return err
}

// WaitingForLocks counts the connections to this PostgreSQL database that wait for a lock.
func (d *DB) WaitingForLocks(ctx context.Context) (n int, err error) {
	err = d.bun.NewRaw("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(ctx, &n)
	return n, err
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

// OtherConnections counts those to the database except the one that asks. It is for PostgreSQL.
func (d *DB) OtherConnections(ctx context.Context) (n int, err error) {
	err = d.bun.NewRaw(`SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(ctx, &n)
	return n, err
}

// Deallocate forgets the intake's prepared statement behind its back, as a pooler does.
func (d *DB) Deallocate(ctx context.Context) error {
	if !d.postgres() || d.intake.conn == nil {
		return nil
	}
	_, err := d.intake.conn.ExecContext(ctx, "DEALLOCATE ALL")
	return err
}

// ExplainIntake is the plan of the intake's prepared statement, as it is.
func (d *DB) ExplainIntake(ctx context.Context) (string, error) {
	args := intakeArgs([]Incoming{{Event: Event{ID: "e"}, Plugins: []string{"p"}, Terms: &Terms{OutTradeNo: "o"}, Paid: &Paid{}}})
	query := "EXPLAIN EXECUTE " + intakeName() + " (?" + strings.Repeat(", ?", len(args)-1) + ")"
	var lines []string
	err := d.intake.conn.NewRaw(query, args...).Scan(ctx, &lines)
	return strings.Join(lines, "\n") + "\n", err
}

// Vacuum gathers what the planner knows of the tables, and how few pages they have.
func (d *DB) Vacuum(ctx context.Context) error {
	_, err := d.bun.ExecContext(ctx, "VACUUM ANALYZE")
	return err
}

// FillQueue writes events and deliveries directly: pending ones, a fifth of them of
// one subject and the others of many, and done ones.
func (d *DB) FillQueue(ctx context.Context, pending, done int) error {
	const chunk = 20_000 // a statement must end within the connection's statement_timeout
	series := "generate_series(?, ?) AS g(n)"
	if !d.postgres() {
		series = "(WITH RECURSIVE g(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM g WHERE n < ?) SELECT n FROM g) AS g"
	}
	for _, fill := range []struct {
		state, wake string
		n           int
	}{{"pending", d.now, pending}, {"done", "NULL", done}} {
		for _, statement := range []string{
			`INSERT INTO wechat_events (id, kind, wechat_type, mchid, business_key, subject, verdict, compared, payload, occurred_at, created_at)
			SELECT ? || n, 'k', '', 'm', ? || n, 's' || n, 'ok', TRUE, '{}', 1, ` + d.now + ` FROM ` + series,
			`INSERT INTO wechat_deliveries (event_id, plugin, subject, state, wake_at, since_at, created_at, updated_at)
			SELECT ? || n, 'p', CASE WHEN n % 5 = 0 THEN 'hot' ELSE ? || 's' || n END, '` + fill.state + `', ` + fill.wake + `, 1, 1, 1 FROM ` + series,
		} {
			for from := 1; from <= fill.n; from += chunk {
				_, err := d.bun.NewRaw(statement, fill.state, fill.state, from, min(from+chunk-1, fill.n)).Exec(ctx)
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Analyze gathers what the planner knows of the tables.
func (d *DB) Analyze(ctx context.Context) error {
	_, err := d.bun.ExecContext(ctx, "ANALYZE")
	return err
}

// Explain is the plan of a statement.
func (d *DB) Explain(ctx context.Context, query string) (string, error) {
	if d.postgres() {
		var lines []string
		err := d.bun.NewRaw("EXPLAIN "+query).Scan(ctx, &lines)
		return strings.Join(lines, "\n") + "\n", err
	}
	var rows []struct {
		ID, Parent, Notused int
		Detail              string
	}
	err := d.bun.NewRaw("EXPLAIN QUERY PLAN "+query).Scan(ctx, &rows)
	var plan strings.Builder
	for _, r := range rows {
		plan.WriteString(r.Detail + "\n")
	}
	return plan.String(), err
}

// Setting is a setting of PostgreSQL, as a session of the pool has it.
func (d *DB) Setting(ctx context.Context, name string) (string, error) { return d.setting(ctx, name) }

// WithTLSDefault is withTLSDefault.
func WithTLSDefault(url string) (string, error) { return withTLSDefault(url) }

// PragmasOfNewConnection opens another connection as the pool would and reads its pragmas.
func (d *DB) PragmasOfNewConnection(ctx context.Context) (map[string]string, error) {
	file, err := d.file(ctx)
	if err != nil {
		return nil, err
	}
	connector := sqliteConnector{dsn: sqliteDSN(file)}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	got := map[string]string{}
	for _, name := range []string{"synchronous", "busy_timeout", "journal_mode", "foreign_keys"} {
		if got[name], err = readPragma(ctx, conn, name); err != nil {
			return nil, err
		}
	}
	return got, nil
}

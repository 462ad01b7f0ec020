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

// ExplainIntake is the plan of the intake's prepared statement, as it is.
func (d *DB) ExplainIntake(ctx context.Context) (string, error) {
	args := intakeArgs([]Incoming{{Event: Event{ID: "e"}, Plugins: []string{"p"}, Terms: &Terms{OutTradeNo: "o"}, Paid: &Paid{}}})
	query := "EXPLAIN EXECUTE wechat_intake (?" + strings.Repeat(", ?", len(args)-1) + ")"
	var lines []string
	err := d.intake.conn.NewRaw(query, args...).Scan(ctx, &lines)
	return strings.Join(lines, "\n") + "\n", err
}

// Vacuum gathers what the planner knows of the tables, and how few pages they have.
func (d *DB) Vacuum(ctx context.Context) error {
	_, err := d.bun.ExecContext(ctx, "VACUUM ANALYZE")
	return err
}

// FillQueue writes events and deliveries directly: pending ones of many subjects, and done ones.
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
			SELECT ? || n, 'p', ? || 's' || n, '` + fill.state + `', ` + fill.wake + `, 1, 1, 1 FROM ` + series,
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

// QueueQueries are the statements of the queue with values in place of placeholders.
func (d *DB) QueueQueries() map[string]string {
	fill := func(query string, values ...any) string {
		return d.bun.NewRaw(query, values...).String()
	}
	queries := map[string]string{
		"claim oldest":  fill(d.claimSQL(claim{}), "p", 100, "o", 1000),
		"claim newest":  fill(d.claimSQL(claim{newest: true}), "p", 100, "o", 1000),
		"claim suspect": fill(d.claimSQL(claim{suspect: true}), "p", 1, "o", 1000),
		"suspects":      fill(d.suspectsSQL(), "p"),
		"take back":     fill(d.takeBackSQL(), 1),
		"renew":         fill(d.renewSQL(2), "o", "pending1", "p", 1, "pending2", "p", 1, 1),
		"dead letters":  fill("SELECT * FROM wechat_deliveries WHERE state = 'dead' ORDER BY updated_at DESC LIMIT 10"),
		"next dead":     fill("SELECT * FROM wechat_deliveries WHERE state = 'dead' AND updated_at <= 1 AND (updated_at < 1 OR (event_id, plugin) > ('e', 'p')) ORDER BY updated_at DESC, event_id, plugin LIMIT 10"),
		"requeue":       fill("SELECT event_id FROM wechat_deliveries WHERE state = 'dead' AND plugin = 'p' AND updated_at < 1 ORDER BY updated_at LIMIT 10"),
		"next pending":  fill("SELECT MIN(plugin) AS plugin FROM wechat_deliveries WHERE state = 'pending' AND plugin > 'a'"),
		"count pending": fill(pendingSQL, "p", 10),
		"count running": fill(countedSQL(Running), 10),
		"count dead":    fill(countedSQL(Dead), 10),
		"finish":        fill("UPDATE wechat_deliveries SET state = 'done' WHERE event_id = 'pending1' AND plugin = 'p' AND state = 'running'"),
	}
	if !d.postgres() {
		queries["orders of a group"] = fill("SELECT * FROM wechat_orders WHERE "+ordersListedSQL, `[["m","o1"],["m","o2"]]`)
		queries["advance a group"] = fill(advanceSQL, `[{"MchID":"m","OutTradeNo":"o1"}]`)
		queries["finish a group"] = fill(finishSQLiteSQL, d.nowSQL(), `[{"Event":"pending1","Plugin":"p"}]`)
	}
	return queries
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

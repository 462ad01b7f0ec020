package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// DeadFilter chooses dead letters. Its zero value chooses all of them.
type DeadFilter struct {
	Plugin string // empty: of any plugin
	Code   string // last_code; empty: with any
	After  *DeadPlace
}

// DeadPlace is where a page of dead letters ended.
type DeadPlace struct {
	UpdatedAt       Millis
	EventID, Plugin string
}

// DeadLetters lists deliveries that will not be tried again by themselves, the newest first.
func (q Queries) DeadLetters(ctx context.Context, f DeadFilter, limit int) (rows []Delivery, err error) {
	list := f.apply(q.db.NewSelect().Model(&rows).Where("state = 'dead'"))
	if at := f.After; at != nil {
		// The first half finds the place by the index on updated_at, the second parts rows of the same millisecond.
		list = list.Where("updated_at <= ?", at.UpdatedAt).
			Where("(updated_at < ? OR (event_id, plugin) > (?, ?))", at.UpdatedAt, at.EventID, at.Plugin)
	}
	if err := list.Order("updated_at DESC", "event_id", "plugin").Limit(int64(limit)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("list dead letters: %w", err)
	}
	return rows, nil
}

func (f DeadFilter) apply(q *bun.SelectQuery) *bun.SelectQuery {
	if f.Plugin != "" {
		q = q.Where("plugin = ?", f.Plugin)
	}
	if f.Code != "" {
		q = q.Where("last_code = ?", f.Code)
	}
	return q
}

// Replay makes an event due for a plugin again, marked as a replay, whether it was done, dead or waiting, and also when
// the plugin never had it. False when the event does not exist, is quarantined, or is with the plugin right now.
func (q Queries) Replay(ctx context.Context, eventID, plugin string) (bool, error) {
	done, err := affected(q.db.NewRaw(`INSERT INTO wechat_deliveries AS d
			(event_id, plugin, subject, state, wake_at, replay, since_at, created_at, updated_at)
		SELECT e.id, ?, e.subject, 'pending', ?, TRUE, ?, ?, ? FROM wechat_events AS e WHERE e.id = ? AND e.verdict = 'ok'
		ON CONFLICT (event_id, plugin) DO UPDATE SET state = 'pending', wake_at = EXCLUDED.wake_at, replay = TRUE,
			since_at = EXCLUDED.since_at, failures = 0, crashes = 0, solo_crashes = 0, suspect = FALSE,
			updated_at = EXCLUDED.updated_at
		WHERE d.state <> 'running'`,
		plugin, q.nowSQL(), q.nowSQL(), q.nowSQL(), q.nowSQL(), eventID).Exec(ctx))
	if err != nil {
		err = fmt.Errorf("replay event: %w", err)
	}
	return done, err
}

// Requeue makes a dead letter due again, marked as a replay. False when there is none.
func (q Queries) Requeue(ctx context.Context, eventID, plugin string) (bool, error) {
	done, err := affected(q.db.NewRaw(`UPDATE wechat_deliveries SET ?
		WHERE event_id = ? AND plugin = ? AND state = 'dead'`,
		q.dueAgain(), eventID, plugin).Exec(ctx))
	if err != nil {
		err = fmt.Errorf("requeue dead letter: %w", err)
	}
	return done, err
}

// RequeueSome makes up to limit dead letters of a plugin due again that died before an instant, the oldest first. It answers
// how many: with none left, zero. A code chooses those with that last_code.
func (q Queries) RequeueSome(ctx context.Context, plugin, code string, before Millis, limit int) (int, error) {
	// Materialized: PostgreSQL may run a subquery that locks rows more than once, and then takes more than the limit.
	res, err := q.db.NewRaw(`WITH batch AS MATERIALIZED (
			SELECT event_id, plugin FROM wechat_deliveries
			WHERE state = 'dead' AND plugin = ? AND (? = '' OR last_code = ?) AND updated_at < ?
			ORDER BY updated_at LIMIT ? `+q.skipLocked()+`)
		UPDATE wechat_deliveries SET ? WHERE state = 'dead' AND (event_id, plugin) IN (SELECT event_id, plugin FROM batch)`,
		plugin, code, code, before, limit, q.dueAgain()).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("requeue dead letters of %s: %w", plugin, err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// dueAgain makes a delivery new but for its attempts, which fence late outcomes.
func (q Queries) dueAgain() bun.Safe {
	return bun.Safe(fmt.Sprintf(`state = 'pending', wake_at = %[1]s, replay = TRUE, since_at = %[1]s, failures = 0, crashes = 0,
		solo_crashes = 0, suspect = FALSE, updated_at = %[1]s`, q.now))
}

// Clock reads the database's clock.
func (q Queries) Clock(ctx context.Context) (now Millis, err error) {
	if err := q.db.NewRaw("SELECT ?", q.nowSQL()).Scan(ctx, &now); err != nil {
		return 0, fmt.Errorf("read the database's clock: %w", err)
	}
	return now, nil
}

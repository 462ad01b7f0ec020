package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"
)

// ClaimDeliveries takes up to limit due rows of a plugin for owner, at most one for each subject, and leases them.
// Suspects are left out: see ClaimSuspect.
//
// While more is due than can be taken, a quarter of the room goes to the newest, so that a backlog does not starve what
// happens now. A busy plugin has room for one at a time; then it is one claim in four.
func (q Queries) ClaimDeliveries(ctx context.Context, plugin, owner string, limit int, lease time.Duration) ([]Delivery, error) {
	oldest := limit - (limit+rand.IntN(4))/4 //nolint:gosec // not a secret
	var claimed []Delivery
	if oldest > 0 {
		var err error
		claimed, err = q.claimSafely(ctx, claim{plugin: plugin, owner: owner, limit: oldest, lease: lease})
		if err != nil || len(claimed) < oldest || oldest == limit {
			return claimed, err
		}
	}
	newest, err := q.claimSafely(ctx, claim{plugin: plugin, owner: owner, limit: limit - oldest, lease: lease, newest: true})
	return append(claimed, newest...), err
}

// ClaimSuspect takes one due suspect of a plugin.
func (q Queries) ClaimSuspect(ctx context.Context, plugin, owner string, lease time.Duration) ([]Delivery, error) {
	return q.claimSafely(ctx, claim{plugin: plugin, owner: owner, limit: 1, lease: lease, suspect: true})
}

// Suspects tells whether a plugin has suspects at all, and whether one can be claimed: it is due, and no other row of its
// subject runs, on whichever host. Nobody may keep hands empty for one that cannot.
func (q Queries) Suspects(ctx context.Context, plugin string) (waiting, due bool, err error) {
	var row struct {
		Waiting int `bun:"waiting"`
		Due     int `bun:"due"`
	}
	err = q.db.NewRaw(q.suspectsSQL(), plugin).Scan(ctx, &row)
	if err != nil {
		err = fmt.Errorf("look for suspects of %s: %w", plugin, err)
	}
	return row.Waiting > 0, row.Due > 0, err
}

// suspectsSQL has the plugin as its placeholder.
func (q Queries) suspectsSQL() string {
	return fmt.Sprintf(`SELECT COUNT(*) AS waiting, COALESCE(SUM(CASE WHEN d.wake_at <= %s
			AND NOT EXISTS (SELECT 1 FROM wechat_deliveries AS r
				WHERE r.subject = d.subject AND r.plugin || '' = d.plugin AND r.state = 'running') THEN 1 ELSE 0 END), 0) AS due
		FROM wechat_deliveries AS d WHERE d.suspect AND d.plugin = ? AND d.state = 'pending'`, q.now)
}

type claim struct {
	plugin, owner   string
	limit           int
	lease           time.Duration
	newest, suspect bool
}

// claimSafely claims in one statement. NOT EXISTS keeps two rows of one subject apart; where two hosts race past it, the
// partial unique index refuses the second, and the claim is made again for one row at a time.
func (q Queries) claimSafely(ctx context.Context, c claim) ([]Delivery, error) {
	claimed, err := q.claim(ctx, c)
	if !IsUnique(err) {
		return claimed, err
	}
	single := c
	single.limit = 1
	for range c.limit {
		some, err := q.claim(ctx, single)
		if IsUnique(err) || (err == nil && len(some) == 0) {
			break // the rest belongs to another host now; the next round sees the truth
		}
		if err != nil {
			return claimed, err
		}
		claimed = append(claimed, some...)
	}
	return claimed, nil
}

func (q Queries) claim(ctx context.Context, c claim) (claimed []Delivery, err error) {
	err = q.db.NewRaw(q.claimSQL(c), c.plugin, c.limit, c.owner, c.lease.Milliseconds()).Scan(ctx, &claimed)
	if err != nil {
		return nil, fmt.Errorf("claim deliveries of %s: %w", c.plugin, err)
	}
	return claimed, nil
}

// claimSQL has the placeholders plugin, limit, owner and lease in milliseconds.
//
// The plugin is compared through an expression, to keep the planner away from the indexes by plugin when it looks for rows
// of one subject: without statistics it takes them for selective, and reads all rows of the plugin for each candidate. The
// rows are chosen once and for all before the update: a subquery that the planner runs again, as it may, skips the rows it
// has just locked and finds others, past the limit.
func (q Queries) claimSQL(c claim) string {
	which, before, direction := "NOT d.suspect", "", ""
	if c.suspect {
		which, before = "d.suspect", "AND s.suspect" // nothing else is handed over before it, so it waits for nothing else
	}
	if c.newest {
		direction = "DESC"
	}
	return fmt.Sprintf(`WITH due AS MATERIALIZED (
			SELECT d.event_id, d.plugin FROM wechat_deliveries AS d
			WHERE d.plugin = ? AND d.state = 'pending' AND d.wake_at <= %[1]s AND %[2]s
				AND NOT EXISTS (SELECT 1 FROM wechat_deliveries AS r
					WHERE r.subject = d.subject AND r.plugin || '' = d.plugin AND r.state = 'running')
				AND NOT EXISTS (SELECT 1 FROM wechat_deliveries AS s
					WHERE s.subject = d.subject AND s.plugin || '' = d.plugin AND s.state = 'pending'
						AND (s.wake_at < d.wake_at OR (s.wake_at = d.wake_at AND s.event_id < d.event_id)) %[5]s)
			ORDER BY d.wake_at %[3]s LIMIT ? %[4]s)
		UPDATE wechat_deliveries SET
			state = 'running', owner = ?, attempt = attempt + 1, wake_at = %[1]s + ?, updated_at = %[1]s
		WHERE (event_id, plugin) IN (SELECT event_id, plugin FROM due)
		RETURNING *`, q.now, which, direction, q.skipLocked(), before)
}

// EventsByID reads several events at once.
func (q Queries) EventsByID(ctx context.Context, ids []string) (map[string]Event, error) {
	var rows []Event
	if err := q.db.NewSelect().Model(&rows).Where("id IN ?", bun.Tuple(ids)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read %d events: %w", len(ids), err)
	}
	events := make(map[string]Event, len(rows))
	for _, e := range rows {
		events[e.ID] = e
	}
	return events, nil
}

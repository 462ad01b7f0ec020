package store

import (
	"context"
	"fmt"
	"time"
)

// TakeLease takes a named lease of the cluster for owner, or renews its own; false while another owner has it.
func (q Queries) TakeLease(ctx context.Context, name, owner string, lease time.Duration) (bool, error) {
	taken, err := affected(q.db.NewRaw(`INSERT INTO wechat_leases AS l (name, owner, until) VALUES (?, ?, ? + ?)
		ON CONFLICT (name) DO UPDATE SET owner = EXCLUDED.owner, until = EXCLUDED.until
		WHERE l.owner = EXCLUDED.owner OR l.until < ?`,
		name, owner, q.nowSQL(), lease.Milliseconds(), q.nowSQL()).Exec(ctx))
	if err != nil {
		err = fmt.Errorf("take lease %s: %w", name, err)
	}
	return taken, err
}

// forgetBatch bounds one DELETE, so that none holds many locks or a long transaction, nor is better off reading everything.
const forgetBatch = 250

// ForgetDone deletes deliveries done longer ago than age, of one plugin after the other; true when more are left. One
// that is replayed at the same moment stays.
func (q Queries) ForgetDone(ctx context.Context, age time.Duration) (more bool, err error) {
	for last := ""; ; {
		plugin, found, err := q.pluginAfter(ctx, "state = 'done'", last)
		if err != nil || !found {
			return more, err
		}
		left, err := q.forget(ctx, fmt.Sprintf(`DELETE FROM wechat_deliveries WHERE (event_id, plugin) IN (
			SELECT event_id, plugin FROM wechat_deliveries WHERE state = 'done' AND plugin = ? AND updated_at < %s - ?
			ORDER BY updated_at LIMIT ?) AND state = 'done'`, q.now), plugin, age.Milliseconds(), forgetBatch)
		if err != nil {
			return more, err
		}
		more, last = more || left, plugin
	}
}

// ForgetEvents deletes events older than age that no delivery refers to; true when more are left. Their keys are then
// forgotten too, so age must be longer than WeChat may repeat a notice or refund a payment.
func (q Queries) ForgetEvents(ctx context.Context, age time.Duration) (more bool, err error) {
	return q.forget(ctx, fmt.Sprintf(`DELETE FROM wechat_events WHERE id IN (
		SELECT e.id FROM wechat_events AS e WHERE e.created_at < %s - ?
			AND NOT EXISTS (SELECT 1 FROM wechat_deliveries AS d WHERE d.event_id = e.id)
		ORDER BY e.created_at LIMIT ?)`, q.now), age.Milliseconds(), forgetBatch)
}

func (q Queries) forget(ctx context.Context, statement string, args ...any) (more bool, err error) {
	res, err := q.db.NewRaw(statement, args...).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("forget old rows: %w", err)
	}
	n, err := res.RowsAffected()
	return n == forgetBatch, err
}

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// States of a delivery.
const (
	Pending = "pending"
	Running = "running"
	Done    = "done"
	Dead    = "dead"
)

// Delivery is a row of wechat_deliveries: one event on its way to one plugin.
type Delivery struct {
	bun.BaseModel `bun:"table:wechat_deliveries,alias:d"`

	EventID   string  `bun:"event_id,pk"`
	Plugin    string  `bun:"plugin,pk"`
	Subject   string  `bun:"subject"`
	State     string  `bun:"state"`
	WakeAt    *Millis `bun:"wake_at"`
	Owner     *string `bun:"owner"`
	Attempt   int     `bun:"attempt"`
	Failures  int     `bun:"failures"`
	Crashes   int     `bun:"crashes"`
	Replay    bool    `bun:"replay"`
	SinceAt   Millis  `bun:"since_at"`
	LastCode  string  `bun:"last_code"`
	LastError string  `bun:"last_error"`
	CreatedAt Millis  `bun:"created_at"`
	UpdatedAt Millis  `bun:"updated_at"`
}

// InsertDeliveries queues an event for each plugin, due at once.
func (q Queries) InsertDeliveries(ctx context.Context, eventID, subject string, plugins []string) error {
	for _, plugin := range plugins {
		_, err := q.db.NewRaw(`INSERT INTO wechat_deliveries
			(event_id, plugin, subject, state, wake_at, since_at, created_at, updated_at)
			VALUES (?, ?, ?, 'pending', ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			eventID, plugin, subject, q.nowSQL(), q.nowSQL(), q.nowSQL(), q.nowSQL()).Exec(ctx)
		if err != nil {
			return fmt.Errorf("queue event for %s: %w", plugin, err)
		}
	}
	return nil
}

// ClaimDeliveries takes up to limit due rows of a plugin for owner, at most one for each subject, and leases them.
//
// NOT EXISTS keeps two rows of one subject apart; where two hosts race past it, the partial unique index refuses the
// second, and the claim is made again for one row at a time.
func (q Queries) ClaimDeliveries(ctx context.Context, plugin, owner string, limit int, lease time.Duration) ([]Delivery, error) {
	claimed, err := q.claim(ctx, plugin, owner, limit, lease)
	if !IsUnique(err) {
		return claimed, err
	}
	for range limit {
		some, err := q.claim(ctx, plugin, owner, 1, lease)
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

func (q Queries) claim(ctx context.Context, plugin, owner string, limit int, lease time.Duration) (claimed []Delivery, err error) {
	skip := ""
	if q.postgres() {
		skip = "FOR UPDATE OF d SKIP LOCKED"
	}
	err = q.db.NewRaw(`UPDATE wechat_deliveries SET
			state = 'running', owner = ?, attempt = attempt + 1, wake_at = ? + ?, updated_at = ?
		WHERE (event_id, plugin) IN (
			SELECT d.event_id, d.plugin FROM wechat_deliveries AS d
			WHERE d.plugin = ? AND d.state = 'pending' AND d.wake_at <= ?
				AND NOT EXISTS (SELECT 1 FROM wechat_deliveries AS r
					WHERE r.plugin = d.plugin AND r.subject = d.subject AND r.state = 'running')
				AND NOT EXISTS (SELECT 1 FROM wechat_deliveries AS s
					WHERE s.plugin = d.plugin AND s.subject = d.subject AND s.state = 'pending'
						AND (s.wake_at < d.wake_at OR (s.wake_at = d.wake_at AND s.event_id < d.event_id)))
			ORDER BY d.wake_at LIMIT ? ?)
		RETURNING *`,
		owner, q.nowSQL(), lease.Milliseconds(), q.nowSQL(), plugin, q.nowSQL(), limit, bun.Safe(skip)).Scan(ctx, &claimed)
	if err != nil {
		return nil, fmt.Errorf("claim deliveries of %s: %w", plugin, err)
	}
	return claimed, nil
}

// Finish describes what becomes of a running delivery.
type Finish struct {
	State   string        // Pending, Done or Dead
	After   time.Duration // with Pending: not before so long from now
	Failure bool          // counts against the schedule
	Crash   bool          // the plugin died during it
	Code    string
	Error   string
}

// FinishDelivery writes the outcome of a claim; false when the claim is no longer the owner's (its lease ended and
// somebody else took the row), in which case nothing is written.
func (q Queries) FinishDelivery(ctx context.Context, d Delivery, f Finish) (kept bool, err error) {
	kept, err = affected(q.db.NewRaw(`UPDATE wechat_deliveries SET
			state = ?, owner = NULL, wake_at = ?,
			failures = failures + ?, crashes = crashes + ?, last_code = ?, last_error = ?, updated_at = ?
		WHERE event_id = ? AND plugin = ? AND state = 'running' AND owner = ? AND attempt = ?`,
		f.State, q.wakeSQL(f), count(f.Failure), count(f.Crash), f.Code, f.Error, q.nowSQL(),
		d.EventID, d.Plugin, d.Owner, d.Attempt).Exec(ctx))
	if err != nil {
		err = fmt.Errorf("write outcome for %s: %w", d.Plugin, err)
	}
	return kept, err
}

// RenewLeases extends the lease of every row the owner runs.
func (q Queries) RenewLeases(ctx context.Context, owner string, lease time.Duration) error {
	_, err := q.db.NewRaw("UPDATE wechat_deliveries SET wake_at = ? + ? WHERE state = 'running' AND owner = ?",
		q.nowSQL(), lease.Milliseconds(), owner).Exec(ctx)
	if err != nil {
		return fmt.Errorf("renew leases: %w", err)
	}
	return nil
}

// TakeBack returns rows whose lease ended to the queue, whoever owned them, with a crash mark. It answers how many.
func (q Queries) TakeBack(ctx context.Context) (int, error) {
	res, err := q.db.NewRaw(`UPDATE wechat_deliveries SET
			state = 'pending', owner = NULL, wake_at = ?, crashes = crashes + 1,
			last_code = 'lease-ended', last_error = 'the host that ran it stopped answering', updated_at = ?
		WHERE state = 'running' AND wake_at < ?`, q.nowSQL(), q.nowSQL(), q.nowSQL()).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("take back deliveries: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// HandBack returns every row the owner still runs to the queue, without a mark: the host is stopping.
func (q Queries) HandBack(ctx context.Context, owner string) error {
	_, err := q.db.NewRaw(`UPDATE wechat_deliveries SET state = 'pending', owner = NULL, wake_at = ?, updated_at = ?
		WHERE state = 'running' AND owner = ?`, q.nowSQL(), q.nowSQL(), owner).Exec(ctx)
	if err != nil {
		return fmt.Errorf("hand back deliveries: %w", err)
	}
	return nil
}

// Deliveries lists the rows of an event by plugin.
func (q Queries) Deliveries(ctx context.Context, eventID string) (rows []Delivery, err error) {
	if err := q.db.NewSelect().Model(&rows).Where("event_id = ?", eventID).Order("plugin").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	return rows, nil
}

func (q Queries) nowSQL() bun.Safe { return bun.Safe(q.now) }

// wakeSQL is NULL for rows that rest for good.
func (q Queries) wakeSQL(f Finish) bun.Safe {
	if f.State != Pending {
		return "NULL"
	}
	return bun.Safe(fmt.Sprintf("%s + %d", q.now, f.After.Milliseconds()))
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

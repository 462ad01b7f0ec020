package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"wgink.ink/wechat/internal/failpoint"
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

	EventID     string  `bun:"event_id,pk"`
	Plugin      string  `bun:"plugin,pk"`
	Subject     string  `bun:"subject"`
	State       string  `bun:"state"`
	WakeAt      *Millis `bun:"wake_at"`
	Owner       *string `bun:"owner"`
	Attempt     int     `bun:"attempt"` // claims, also those that were given back: only a fence
	Failures    int     `bun:"failures"`
	Crashes     int     `bun:"crashes"`
	Suspect     bool    `bun:"suspect"`
	SoloCrashes int     `bun:"solo_crashes"`
	Replay      bool    `bun:"replay"`
	SinceAt     Millis  `bun:"since_at"`
	LastCode    string  `bun:"last_code"`
	LastError   string  `bun:"last_error"`
	CreatedAt   Millis  `bun:"created_at"`
	UpdatedAt   Millis  `bun:"updated_at"`
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
	return failpoint.Hit(failpoint.AfterInsert)
}

// Claim is one claim of one delivery.
type Claim struct {
	EventID string
	Plugin  string
	Attempt int
}

// Claim is the claim that this row was read with.
func (d Delivery) Claim() Claim { return Claim{d.EventID, d.Plugin, d.Attempt} }

// RenewLeases extends the owner's leases on these claims. It leaves the owner's other rows alone: of those the owner does
// not know, because the claim's answer was lost, and nobody works on them.
func (q Queries) RenewLeases(ctx context.Context, owner string, claims []Claim, lease time.Duration) error {
	if len(claims) == 0 {
		return nil
	}
	args := append(append([]any{owner}, claimArgs(claims)...), lease.Milliseconds())
	_, err := q.db.NewRaw(q.renewSQL(len(claims)), args...).Exec(ctx)
	if err != nil {
		return fmt.Errorf("renew leases: %w", err)
	}
	return nil
}

// renewSQL has the placeholders owner, three for each claim, and lease in milliseconds. Rows that are locked have their
// outcome written at this moment: to wait for them while holding others would be a deadlock.
func (q Queries) renewSQL(claims int) string {
	return fmt.Sprintf(`WITH chosen AS MATERIALIZED (
			SELECT event_id, plugin FROM wechat_deliveries WHERE state = 'running' AND owner = ?
				AND %s %s)
		UPDATE wechat_deliveries SET wake_at = %s + ? WHERE (event_id, plugin) IN (SELECT event_id, plugin FROM chosen)`,
		claimedSQL("IN", claims), q.skipLocked(), q.now)
}

// skipLocked ends a SELECT of rows to be updated that leaves those out which somebody else updates at the moment.
func (q Queries) skipLocked() string {
	if q.postgres() {
		return "FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// LeasesEnded reads the database's clock, and whether the lease of any row has ended by it.
func (q Queries) LeasesEnded(ctx context.Context) (now Millis, ended bool, err error) {
	var row struct {
		Now   Millis `bun:"now"`
		Ended bool   `bun:"ended"`
	}
	if err := q.db.NewRaw(q.leasesEndedSQL()).Scan(ctx, &row); err != nil {
		return 0, false, fmt.Errorf("look for ended leases: %w", err)
	}
	return row.Now, row.Ended, nil
}

func (q Queries) leasesEndedSQL() string {
	return fmt.Sprintf(`SELECT %[1]s AS now,
		EXISTS (SELECT 1 FROM wechat_deliveries WHERE state = 'running' AND wake_at < %[1]s) AS ended`, q.now)
}

// TakeBack returns rows whose lease ended before an instant of the database's clock to the queue, whoever owned them, with a
// crash mark. It answers how many. They are no suspects: it was the host that died, and the plugin died with it.
func (q Queries) TakeBack(ctx context.Context, before Millis) (int, error) {
	if err := failpoint.Hit(failpoint.TakeBack); err != nil {
		return 0, err
	}
	res, err := q.db.NewRaw(q.takeBackSQL(), before).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("take back deliveries: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// takeBackSQL has one placeholder, the instant. It compares with the clock as well: that may have gone back since.
func (q Queries) takeBackSQL() string {
	return fmt.Sprintf(`WITH chosen AS MATERIALIZED (
			SELECT event_id, plugin FROM wechat_deliveries WHERE state = 'running' AND wake_at < ? AND wake_at < %[1]s %[2]s)
		UPDATE wechat_deliveries SET
			state = 'pending', owner = NULL, wake_at = %[1]s, crashes = crashes + 1,
			last_code = 'lease-ended', last_error = 'the host that ran it stopped answering', updated_at = %[1]s
		WHERE (event_id, plugin) IN (SELECT event_id, plugin FROM chosen)`, q.now, q.skipLocked())
}

// Deliveries lists the rows of an event by plugin.
func (q Queries) Deliveries(ctx context.Context, eventID string) (rows []Delivery, err error) {
	if err := q.db.NewSelect().Model(&rows).Where("event_id = ?", eventID).Order("plugin").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read deliveries: %w", err)
	}
	return rows, nil
}

func (q Queries) nowSQL() bun.Safe { return bun.Safe(q.now) }

package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"

	"wgink.ink/wechat/internal/failpoint"
)

// Finish is the outcome of a claim.
type Finish struct {
	Delivery Delivery      // as it was claimed: owner and attempt fence the outcome
	State    string        // Pending, Done or Dead
	After    time.Duration // with Pending: not before so long from now
	Failure  bool          // counts against the schedule
	Crash    bool          // the plugin died during it
	Solo     bool          // with Crash: nothing else was in its hands
	Suspect  bool          // to be handed over alone from now on
	Code     string
	Error    string
}

// FinishDeliveries writes outcomes in one commit. A result is false when the claim is no longer the owner's (its lease
// ended and somebody else took the row); then nothing is written for it.
func (d *DB) FinishDeliveries(ctx context.Context, outcomes []Finish) ([]bool, error) {
	if err := failpoint.Hit(failpoint.BeforeDone); err != nil {
		return nil, err
	}
	if d.postgres() {
		return d.finishPostgres(ctx, outcomes)
	}
	return d.finishSQLite(ctx, outcomes)
}

// finishRow is an outcome as JSON.
type finishRow struct {
	Event, Plugin  string
	Owner          *string
	Attempt        int
	State          string
	After          int64 // milliseconds
	Failure, Crash int
	Solo           int
	Suspect        bool
	Code, Error    string
}

const finishSQLiteSQL = `UPDATE wechat_deliveries AS d SET
		state = i.state, owner = NULL, wake_at = CASE WHEN i.state = 'pending' THEN i.at + i.after END,
		failures = d.failures + i.failure, crashes = d.crashes + i.crash, solo_crashes = d.solo_crashes + i.solo,
		suspect = i.suspect, last_code = i.code, last_error = i.text, updated_at = i.at
	FROM (SELECT value ->> 'Event' AS event_id, value ->> 'Plugin' AS plugin, value ->> 'Owner' AS owner,
		value ->> 'Attempt' AS attempt, value ->> 'State' AS state, value ->> 'After' AS after, value ->> 'Failure' AS failure,
		value ->> 'Crash' AS crash, value ->> 'Solo' AS solo, value ->> 'Suspect' AS suspect, value ->> 'Code' AS code,
		value ->> 'Error' AS text, ? AS at FROM json_each(?)) AS i
	WHERE d.event_id = i.event_id AND d.plugin = i.plugin AND d.state = 'running' AND d.owner = i.owner
		AND d.attempt = i.attempt
	RETURNING event_id, plugin`

func (d *DB) finishSQLite(ctx context.Context, outcomes []Finish) ([]bool, error) {
	at, rows := make(map[finished]int, len(outcomes)), make([]finishRow, len(outcomes))
	for i, f := range outcomes {
		at[finished{f.Delivery.EventID, f.Delivery.Plugin}] = i
		rows[i] = finishRow{
			Event: f.Delivery.EventID, Plugin: f.Delivery.Plugin, Owner: f.Delivery.Owner, Attempt: f.Delivery.Attempt,
			State: f.State, After: f.After.Milliseconds(), Failure: count(f.Failure), Crash: count(f.Crash),
			Solo: count(f.Crash && f.Solo), Suspect: f.Suspect, Code: f.Code, Error: f.Error,
		}
	}
	text, err := rowsText(rows)
	if err != nil {
		return nil, err
	}
	var done []finished
	if err := d.db.NewRaw(finishSQLiteSQL, d.nowSQL(), text).Scan(ctx, &done); err != nil {
		return nil, fmt.Errorf("write %d outcomes: %w", len(outcomes), err)
	}
	kept := make([]bool, len(outcomes))
	for _, f := range done {
		kept[at[f]] = true
	}
	return kept, nil
}

// finished names a row whose outcome was written.
type finished struct {
	EventID string `bun:"event_id"`
	Plugin  string `bun:"plugin"`
}

func (d *DB) finishPostgres(ctx context.Context, outcomes []Finish) ([]bool, error) {
	var (
		event, plugin, owner, state, code, text []string
		after                                   []int64
		attempt, failure, crash, solo           []int64
		suspect                                 []bool
	)
	at := make(map[finished]int, len(outcomes))
	for i, f := range outcomes {
		at[finished{f.Delivery.EventID, f.Delivery.Plugin}] = i
		event, plugin = append(event, f.Delivery.EventID), append(plugin, f.Delivery.Plugin)
		owner, attempt = append(owner, *f.Delivery.Owner), append(attempt, int64(f.Delivery.Attempt))
		state, after = append(state, f.State), append(after, f.After.Milliseconds())
		failure, crash = append(failure, int64(count(f.Failure))), append(crash, int64(count(f.Crash)))
		solo, suspect = append(solo, int64(count(f.Crash && f.Solo))), append(suspect, f.Suspect)
		code, text = append(code, f.Code), append(text, f.Error)
	}
	var rows []finished
	err := d.db.NewRaw(`UPDATE wechat_deliveries AS d SET
			state = i.state, owner = NULL, wake_at = CASE WHEN i.state = 'pending' THEN ? + i.after END,
			failures = d.failures + i.failure, crashes = d.crashes + i.crash, solo_crashes = d.solo_crashes + i.solo,
			suspect = i.suspect, last_code = i.code, last_error = i.text, updated_at = ?
		FROM unnest(?::text[], ?::text[], ?::text[], ?::integer[], ?::text[], ?::bigint[], ?::integer[], ?::integer[],
			?::integer[], ?::boolean[], ?::text[], ?::text[])
			AS i (event_id, plugin, owner, attempt, state, after, failure, crash, solo, suspect, code, text)
		WHERE d.event_id = i.event_id AND d.plugin = i.plugin AND d.state = 'running' AND d.owner = i.owner
			AND d.attempt = i.attempt
		RETURNING d.event_id, d.plugin`,
		d.nowSQL(), d.nowSQL(), pgdialect.Array(event), pgdialect.Array(plugin), pgdialect.Array(owner),
		pgdialect.Array(attempt), pgdialect.Array(state), pgdialect.Array(after), pgdialect.Array(failure),
		pgdialect.Array(crash), pgdialect.Array(solo), pgdialect.Array(suspect), pgdialect.Array(code),
		pgdialect.Array(text)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("write %d outcomes: %w", len(outcomes), err)
	}
	kept := make([]bool, len(outcomes))
	for _, r := range rows {
		kept[at[r]] = true
	}
	return kept, nil
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

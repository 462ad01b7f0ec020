package store

import (
	"context"
	"fmt"
	"strings"

	"wgink.ink/wechat/internal/failpoint"
)

// goesOn is the code of a running row whose handler outlived its host's Stop.
const goesOn = "goes-on"

// HandBack returns the rows the owner still runs to the queue, except those it keeps, without a mark: the host is stopping.
// They get back to where they were, before the later ones of their subjects.
func (d *DB) HandBack(ctx context.Context, owner string, keep []Claim) (err error) {
	for range tries(d.bun) {
		if err = d.handBack(ctx, owner, keep); !broken(err) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// handBack takes the begin of the tries for the place: a row that could be claimed was the first of its subject, so the
// others of it were put there later.
func (q Queries) handBack(ctx context.Context, owner string, keep []Claim) error {
	except, args := "", []any{q.nowSQL(), owner}
	if len(keep) > 0 {
		except = "AND " + claimedSQL("NOT IN", len(keep))
		args = append(args, claimArgs(keep)...)
	}
	_, err := q.db.NewRaw(`UPDATE wechat_deliveries SET state = 'pending', owner = NULL, wake_at = since_at, updated_at = ?
		WHERE state = 'running' AND owner = ? `+except, args...).Exec(ctx)
	if err != nil {
		return fmt.Errorf("hand back deliveries: %w", err)
	}
	return nil
}

// MarkGoingOn notes of claims that their handler goes on while the host that holds the leases has stopped: TakeBackAll
// leaves them alone as long as they last.
func (q Queries) MarkGoingOn(ctx context.Context, claims []Claim) error {
	if len(claims) == 0 {
		return nil
	}
	_, err := q.db.NewRaw(`UPDATE wechat_deliveries SET last_code = ?, last_error = 'the handler went on after the host had stopped'
		WHERE state = 'running' AND `+claimedSQL("IN", len(claims)), append([]any{goesOn}, claimArgs(claims)...)...).Exec(ctx)
	if err != nil {
		return fmt.Errorf("mark deliveries that go on: %w", err)
	}
	return nil
}

// claimedSQL compares with so many claims, each with three placeholders.
func claimedSQL(in string, claims int) string {
	return "(event_id, plugin, attempt) " + in + " (VALUES (?, ?, ?)" + strings.Repeat(", (?, ?, ?)", claims-1) + ")"
}

func claimArgs(claims []Claim) (args []any) {
	for _, c := range claims {
		args = append(args, c.EventID, c.Plugin, c.Attempt)
	}
	return args
}

// TakeBackAll returns running rows to the queue with a crash mark. It is for SQLite at start, where whoever ran them is gone
// with the process, unless a handler has outlived an earlier module in this one: that is known, and its lease must end.
func (q Queries) TakeBackAll(ctx context.Context) error {
	if err := failpoint.Hit(failpoint.TakeBack); err != nil {
		return err
	}
	_, err := q.db.NewRaw(`UPDATE wechat_deliveries SET
			state = 'pending', owner = NULL, wake_at = ?, crashes = crashes + 1, last_code = 'host-ended',
			last_error = 'the host that ran it ended', updated_at = ?
		WHERE state = 'running' AND (last_code <> ? OR wake_at <= ?)`, q.nowSQL(), q.nowSQL(), goesOn, q.nowSQL()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("take back deliveries: %w", err)
	}
	return nil
}

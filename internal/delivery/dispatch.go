package delivery

import (
	"context"
	"runtime/debug"
	"time"

	"wgink.ink/wechat/internal/failpoint"
	"wgink.ink/wechat/internal/store"
)

// dispatchLoop claims due rows whenever it is woken, something finished, or the poll interval passed.
func (q *Queue) dispatchLoop(ctx, workCtx context.Context) {
	poll := time.NewTicker(q.set.Poll)
	defer poll.Stop()
	for {
		for _, plugin := range q.receiver.Plugins() {
			if ctx.Err() != nil {
				return
			}
			q.safely("dispatch", func() { q.dispatch(workCtx, plugin) })
		}
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		case <-poll.C:
		}
	}
}

// dispatch claims what a plugin can take now and starts a hand-over for each row.
func (q *Queue) dispatch(workCtx context.Context, plugin string) {
	free := q.hands.free(plugin, q.receiver.Capacity(plugin), q.set.Workers)
	if free <= 0 {
		return
	}
	ctx, done := context.WithTimeout(workCtx, q.set.Lease/2)
	defer done()
	if err := failpoint.Hit(failpoint.BeforeClaim); err != nil {
		return
	}
	claimed, solo, err := q.claim(ctx, plugin, free)
	if err != nil && workCtx.Err() == nil {
		q.log.ErrorContext(ctx, "cannot claim deliveries", "plugin", plugin, "error", err)
	}
	if len(claimed) == 0 || failpoint.Hit(failpoint.AfterClaim) != nil {
		return
	}
	events, err := q.eventsOf(ctx, claimed)
	if err != nil {
		q.log.ErrorContext(ctx, "cannot read events", "plugin", plugin, "error", err)
	}
	for _, d := range claimed {
		q.hands.took(d, solo)
		e, found := events[d.EventID]
		q.work.Go(func() {
			out := Outcome{Result: NotReady, Code: "storage", Message: "the event could not be read"}
			if err == nil && !found {
				out = Outcome{Result: Reject, Code: "event-missing", Message: "the event's row is gone"}
			}
			q.handOver(workCtx, d, e, found, solo, out)
			q.Wake() // its subject and its slot are free now
		})
	}
}

// claim takes suspects before anything else, and then one alone: when a plugin died with several events in its hands,
// this finds out which of them it was, without blaming the others.
func (q *Queue) claim(ctx context.Context, plugin string, free int) (claimed []store.Delivery, solo bool, err error) {
	if q.hands.mayHaveSuspects(plugin) {
		some, due, err := q.db.Suspects(ctx, plugin)
		switch {
		case err != nil:
			return nil, false, err
		case due && !q.hands.idle(plugin):
			return nil, false, nil // wait until the plugin's hands are empty
		case due:
			claimed, err := q.db.ClaimSuspect(ctx, plugin, q.owner, q.set.Lease)
			return claimed, true, err
		case !some:
			q.hands.noSuspects(plugin)
		}
	}
	claimed, err = q.db.ClaimDeliveries(ctx, plugin, q.owner, free, q.set.Lease)
	return claimed, false, err
}

func (q *Queue) eventsOf(ctx context.Context, claimed []store.Delivery) (map[string]store.Event, error) {
	ids := make([]string, len(claimed))
	for i, d := range claimed {
		ids[i] = d.EventID
	}
	return q.db.EventsByID(ctx, ids)
}

// safely keeps a background part alive through a panic. The panic's value is not logged: it could hold a payload.
func (q *Queue) safely(part string, fn func()) {
	defer func() {
		if p := recover(); p != nil {
			q.log.Error("panic in a background part", "part", part, "stack", string(debug.Stack()))
		}
	}()
	fn()
}

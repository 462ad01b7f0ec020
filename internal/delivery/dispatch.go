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
	for {
		soon, plugins := q.set.Poll, q.receiver.Plugins()
		for _, plugin := range q.hands.leftOut(plugins) {
			q.giveBack(workCtx, plugin)
		}
		for _, plugin := range plugins {
			if ctx.Err() != nil {
				return
			}
			q.safely("dispatch", func() {
				if wait := q.dispatch(workCtx, plugin); wait > 0 {
					soon = min(soon, wait)
				}
			})
		}
		again := time.NewTimer(soon)
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-again.C:
		}
		again.Stop()
	}
}

// dispatch claims what a plugin can take, now and next, and hands over what it can take now. wait is when to look again
// for more, zero for no such time.
func (q *Queue) dispatch(workCtx context.Context, plugin string) (wait time.Duration) {
	slots := q.slots(plugin)
	if slots <= 0 || q.hands.stale(plugin, time.Now()) {
		q.giveBack(workCtx, plugin)
	}
	if slots <= 0 {
		return 0
	}
	q.feed(workCtx, plugin, slots)
	rows, wait := q.hands.room(plugin, slots, time.Now())
	if rows == 0 {
		return wait
	}
	ctx, done := context.WithTimeout(workCtx, q.set.Lease/2)
	defer done()
	if err := failpoint.Hit(failpoint.BeforeClaim); err != nil {
		return 0
	}
	claimed, solo, err := q.claim(ctx, plugin, rows)
	if err != nil && workCtx.Err() == nil {
		q.log.ErrorContext(ctx, "cannot claim deliveries", "plugin", plugin, "error", err)
	}
	if len(claimed) == 0 || failpoint.Hit(failpoint.AfterClaim) != nil {
		return 0
	}
	q.hands.took(plugin, q.read(ctx, claimed, solo))
	q.feed(workCtx, plugin, slots)
	return 0
}

// slots is how many events a plugin is given at once.
func (q *Queue) slots(plugin string) int { return min(q.receiver.Slots(plugin), q.set.Workers) }

// read gets the events of claimed rows.
func (q *Queue) read(ctx context.Context, claimed []store.Delivery, solo bool) []item {
	ids := make([]string, len(claimed))
	for i, d := range claimed {
		ids[i] = d.EventID
	}
	events, err := q.db.EventsByID(ctx, ids)
	if err != nil {
		q.log.ErrorContext(ctx, "cannot read events", "plugin", claimed[0].Plugin, "error", err)
	}
	items := make([]item, len(claimed))
	for i, d := range claimed {
		e, found := events[d.EventID]
		items[i] = item{delivery: d, event: e, solo: solo}
		switch {
		case err != nil:
			items[i].unread = Outcome{Result: NotReady, Code: "storage", Message: "the event could not be read"}
		case !found:
			items[i].unread = Outcome{Result: Reject, Code: "event-missing", Message: "the event's row is gone"}
		}
	}
	return items
}

// feed hands over what is in stock, as far as the plugin has slots.
func (q *Queue) feed(workCtx context.Context, plugin string, slots int) {
	for !q.stopping.Load() {
		it, ok := q.hands.next(plugin, slots, time.Now())
		if !ok {
			return
		}
		q.work.Go(func() {
			q.handOver(workCtx, it)
			q.Wake() // its subject is free now
		})
	}
}

// giveBack returns a plugin's stock to the queue, for whoever can hand it over. What cannot be written comes back when
// its lease ends.
func (q *Queue) giveBack(ctx context.Context, plugin string) {
	items := q.hands.drop(plugin)
	if len(items) == 0 {
		return
	}
	back := make([]store.Finish, len(items))
	for i, it := range items {
		back[i] = store.Finish{
			Delivery: it.delivery, State: store.Pending, Suspect: it.delivery.Suspect, Code: "given-back",
			Error: "claimed ahead, and not handed over",
		}
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer done()
	q.safely("give back", func() {
		if _, err := q.db.FinishDeliveries(ctx, back); err != nil {
			q.log.ErrorContext(ctx, "cannot give deliveries back", "plugin", plugin, "count", len(back), "error", err)
		}
	})
	for _, it := range items {
		q.hands.gave(it.delivery, false)
	}
}

// claim takes suspects before anything else, and then one alone: when a plugin died with several events in its hands,
// this finds out which of them it was, without blaming the others.
func (q *Queue) claim(ctx context.Context, plugin string, free int) (claimed []store.Delivery, solo bool, err error) {
	if q.hands.mayHaveSuspects(plugin) {
		some, due, err := q.db.Suspects(ctx, plugin)
		if some || err != nil {
			q.hands.expectSuspects(plugin)
		}
		switch {
		case err != nil:
			return nil, false, err
		case due && !q.hands.idle(plugin):
			q.giveBack(ctx, plugin)
			return nil, false, nil // wait until the plugin's hands are empty
		case due:
			claimed, err := q.db.ClaimSuspect(ctx, plugin, q.owner, q.set.Lease)
			return claimed, true, err
		}
	}
	claimed, err = q.db.ClaimDeliveries(ctx, plugin, q.owner, free, q.set.Lease)
	return claimed, false, err
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

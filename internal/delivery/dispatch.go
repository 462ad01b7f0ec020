package delivery

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"wgink.ink/wechat/internal/store"
)

// dispatchLoop claims due rows whenever it is woken, something finished, or the poll interval passed.
func (q *Queue) dispatchLoop(ctx, workCtx context.Context) {
	poll := time.NewTicker(q.set.Poll)
	defer poll.Stop()
	for {
		q.safely("dispatch", func() { q.dispatch(ctx, workCtx) })
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		case <-poll.C:
		}
	}
}

func (q *Queue) dispatch(ctx, workCtx context.Context) {
	for _, plugin := range q.receiver.Plugins() {
		free := q.free(plugin)
		if free <= 0 || ctx.Err() != nil {
			continue
		}
		claimCtx, done := context.WithTimeout(workCtx, q.set.Lease/2)
		claimed, err := q.db.ClaimDeliveries(claimCtx, plugin, q.owner, free, q.set.Lease)
		done()
		if err != nil {
			q.log.ErrorContext(ctx, "cannot claim deliveries", "plugin", plugin, "error", err)
		}
		for _, d := range claimed {
			q.took(plugin)
			q.work.Go(func() {
				defer q.Wake() // its subject and its slot are free now
				q.handOver(workCtx, d)
				q.gave()
			})
		}
	}
}

// handOver delivers one claimed row and writes the outcome.
func (q *Queue) handOver(ctx context.Context, d store.Delivery) {
	log := q.log.With("event", d.EventID, "plugin", d.Plugin, "attempt", d.Attempt)
	start := time.Now()
	out := Outcome{Result: Retry, Code: "panic", Message: "the host failed while handing the event over"}
	pass := sync.OnceFunc(func() { q.passOn(d.Plugin) })
	q.safely("hand-over", func() { out = q.deliver(ctx, d, pass) })
	pass()
	if ctx.Err() != nil && out.Result != Done {
		out = Outcome{Result: NotReady, Code: "stopping"}
	}

	f := next(d, out, d.UpdatedAt.Time().Sub(d.SinceAt.Time()))
	q.finish(ctx, d, f)
	took := time.Since(start).Round(10 * time.Microsecond)
	switch {
	case f.State == store.Done:
		log.InfoContext(ctx, "event handled", "took", took)
	case f.State == store.Dead:
		log.ErrorContext(ctx, "event is dead: it will not be tried again", "code", out.Code, "reason", out.Message, "took", took)
	default:
		log.WarnContext(ctx, "event not handled yet", "code", out.Code, "reason", out.Message, "again_in", f.After, "took", took)
	}
}

func (q *Queue) deliver(ctx context.Context, d store.Delivery, pass func()) Outcome {
	readCtx, done := context.WithTimeout(ctx, q.set.Lease/2)
	e, found, err := q.db.Event(readCtx, d.EventID)
	done()
	pass()
	if err != nil {
		return Outcome{Result: NotReady, Code: "storage", Message: err.Error()}
	}
	if !found {
		return Outcome{Result: Reject, Code: "event-missing", Message: "the event's row is gone"}
	}
	return q.receiver.Deliver(ctx, d.Plugin, Handover{
		EventID: e.ID, Kind: e.Kind, WeChatType: e.WeChatType, Subject: e.Subject,
		Attempt: d.Attempt, OccurredAt: e.OccurredAt.Time(), Replay: d.Replay, Compared: e.Compared, Payload: e.Payload,
	})
}

// finish writes the outcome, trying again while the lease lasts. When it cannot be written, the row is taken back after
// the lease and the plugin sees the event again under the same id.
func (q *Queue) finish(ctx context.Context, d store.Delivery, f store.Finish) {
	deadline := time.Now().Add(q.set.Lease)
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		tryCtx, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		kept, err := q.db.FinishDelivery(tryCtx, d, f)
		done()
		switch {
		case err == nil && kept:
			return
		case err == nil:
			q.log.WarnContext(ctx, "the lease ended before the outcome was written", "event", d.EventID, "plugin", d.Plugin)
			return
		case ctx.Err() != nil || time.Now().After(deadline):
			q.log.ErrorContext(ctx, "cannot write an outcome: the event will be delivered again",
				"event", d.EventID, "plugin", d.Plugin, "error", err)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// keepLoop renews this host's leases and takes back what other hosts left.
func (q *Queue) keepLoop(ctx context.Context) {
	renew := time.NewTicker(q.set.Lease / 4)
	defer renew.Stop()
	take := time.NewTicker(min(time.Second, q.set.Lease/4))
	defer take.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			q.safely("renew", func() {
				if err := q.db.RenewLeases(ctx, q.owner, q.set.Lease); err != nil && ctx.Err() == nil {
					q.log.ErrorContext(ctx, "cannot renew leases", "error", err)
				}
			})
		case <-take.C:
			q.safely("take back", func() {
				n, err := q.db.TakeBack(ctx)
				if err != nil && ctx.Err() == nil {
					q.log.ErrorContext(ctx, "cannot take deliveries back", "error", err)
				}
				if n > 0 {
					q.log.WarnContext(ctx, "took deliveries back from a host that stopped", "count", n)
					q.Wake()
				}
			})
		}
	}
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

// free is how many rows of a plugin may be claimed now.
func (q *Queue) free(plugin string) int {
	capacity := q.receiver.Capacity(plugin)
	q.mu.Lock()
	defer q.mu.Unlock()
	return min(capacity-q.claimed[plugin], q.set.Workers-q.working)
}

func (q *Queue) took(plugin string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.claimed[plugin]++
	q.working++
}

// passOn notes that a claimed row is about to reach the plugin, which counts it from then on.
func (q *Queue) passOn(plugin string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.claimed[plugin]--
}

func (q *Queue) gave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.working--
}

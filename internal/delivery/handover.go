package delivery

import (
	"context"
	"time"

	"wgink.ink/wechat/internal/failpoint"
	"wgink.ink/wechat/internal/store"
)

// handOver delivers one claimed row, unless its event could not be read, and writes the outcome. The plugin's slot is
// free for the next one before that. What was cut because the queue stops is left to HandBack.
func (q *Queue) handOver(ctx context.Context, it item) {
	start, d, out := time.Now(), it.delivery, it.unread
	reached := false
	if out.Result == 0 {
		out = q.call(ctx, it)
		reached = out.Result != NotReady && out.Result != Crashed
	}
	took := time.Since(start)
	if ctx.Err() != nil && out.Result != Done || q.stopping.Load() && out.Result == NotReady {
		q.report(ctx, next(d, Outcome{Result: NotReady, Code: "stopping"}, it.solo), out.Version, took)
		return
	}
	if reached {
		q.hands.answered(d.Plugin, max(took, 1))
	} else {
		q.hands.answered(d.Plugin, 0)
		q.giveBack(ctx, d.Plugin)
	}
	if !it.solo {
		q.feed(ctx, d.Plugin, q.slots(d.Plugin))
	}
	f := next(d, out, it.solo)
	q.finish(ctx, f)
	q.hands.gave(d, f.Crash)
	q.report(ctx, f, out.Version, time.Since(start))
}

// call gives the event to the plugin. A panic of the receiver is an outcome like another.
func (q *Queue) call(ctx context.Context, it item) (out Outcome) {
	out = Outcome{Result: Retry, Code: "panic", Message: "the host failed while handing the event over"}
	d, e := it.delivery, it.event
	q.safely("hand-over", func() {
		if failpoint.Hit(failpoint.BeforeCall) != nil {
			return
		}
		out = q.receiver.Deliver(ctx, d.Plugin, Handover{
			EventID: e.ID, Kind: e.Kind, WeChatType: e.WeChatType, Subject: e.Subject, Attempt: attempt(d),
			OccurredAt: e.OccurredAt.Time(), Replay: d.Replay, Compared: e.Compared, Payload: e.Payload,
		})
	})
	return out
}

// attempt numbers the hand-overs of an event to a plugin. The row's own counter also counts claims that were given back,
// of which the plugin knows nothing.
func attempt(d store.Delivery) int { return 1 + d.Failures + d.Crashes }

// finish writes the outcome, trying again while the lease lasts. When it cannot be written, the row is taken back after
// the lease and the plugin sees the event again under the same id.
func (q *Queue) finish(ctx context.Context, f store.Finish) {
	deadline := time.Now().Add(q.set.Lease)
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		tryCtx, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		kept, err := q.outcomes.Do(tryCtx, f)
		done()
		switch {
		case err == nil && kept:
			return
		case err == nil:
			q.log.WarnContext(ctx, "the lease ended before the outcome was written", "event", f.Delivery.EventID, "plugin", f.Delivery.Plugin)
			return
		case ctx.Err() != nil || time.Now().After(deadline):
			q.log.ErrorContext(ctx, "cannot write an outcome: the event will be delivered again",
				"event", f.Delivery.EventID, "plugin", f.Delivery.Plugin, "error", err)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

func (q *Queue) report(ctx context.Context, f store.Finish, version string, took time.Duration) {
	d := f.Delivery
	log := q.log.With("event", d.EventID, "plugin", d.Plugin, "attempt", attempt(d), "took", took.Round(10*time.Microsecond))
	if version != "" {
		log = log.With("plugin_version", version)
	}
	switch {
	case f.State == store.Done:
		log.InfoContext(ctx, "event handled")
	case f.State == store.Dead:
		log.ErrorContext(ctx, "ALARM: an event is dead, it will not be tried again by itself", "code", f.Code, "reason", f.Error)
	default:
		log.WarnContext(ctx, "event not handled yet", "code", f.Code, "reason", f.Error, "again_in", f.After)
	}
}

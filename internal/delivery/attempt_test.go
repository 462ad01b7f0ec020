package delivery_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
)

// The number that a plugin sees counts what cost an attempt, and begins anew with a replay.
func TestAttemptCountsFailuresAndCrashes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		steps := []struct {
			attempt int
			out     delivery.Outcome
		}{
			{1, delivery.Outcome{Result: delivery.NotReady, Code: "busy"}},
			{1, delivery.Outcome{Result: delivery.Retry, After: time.Millisecond}},
			{2, delivery.Outcome{Result: delivery.NotReady, Code: "busy"}},
			{2, delivery.Outcome{Result: delivery.Crashed, Code: "crashed"}},
			{3, delivery.Outcome{Result: delivery.Done}},
			{1, delivery.Outcome{Result: delivery.Retry, After: time.Millisecond}}, // from here on a replay
			{2, delivery.Outcome{Result: delivery.Reject}},
			{1, delivery.Outcome{Result: delivery.Done}}, // a dead letter that is queued again
		}
		var step atomic.Int32
		db := openDB(t, url)
		r := newReceiver(func(context.Context, string, delivery.Handover) delivery.Outcome { return steps[step.Add(1)-1].out })
		q := start(t, db, r, quick)
		record(t, db, q, "e1", "s1")
		for i, s := range steps {
			h := receive(t, r)
			require.Equal(t, s.attempt, h.Attempt, "step %d", i)
			require.Equal(t, i > 4, h.Replay, "step %d", i)
			switch s.out.Result {
			case delivery.Done:
				eventually(t, db, "e1", state(store.Done))
				if i+1 < len(steps) {
					again, err := db.Replay(t.Context(), "e1", "p")
					require.NoError(t, err)
					require.True(t, again)
				}
			case delivery.Reject:
				eventually(t, db, "e1", state(store.Dead))
				again, err := db.Requeue(t.Context(), "e1", "p")
				require.NoError(t, err)
				require.True(t, again)
			case delivery.Retry, delivery.NotReady, delivery.Crashed:
			}
			q.Wake()
		}
	})
}

// What was claimed ahead and given back comes as a first attempt: the plugin has never seen it.
func TestGivenBackIsNoAttempt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		const events = 300
		db := openDB(t, url)
		var calls atomic.Int32
		r := newReceiver(func(context.Context, string, delivery.Handover) delivery.Outcome {
			if calls.Add(1)%50 == 0 { // full for a moment
				return delivery.Outcome{Result: delivery.NotReady, Code: "busy"}
			}
			return delivery.Outcome{Result: delivery.Done}
		})
		q := delivery.New(db, r, discard(), quick)
		for i := range events {
			record(t, db, q, fmt.Sprintf("e%d", i), fmt.Sprintf("s%d", i))
		}
		run(t, q)
		claims := 0
		for i := range events {
			claims += eventually(t, db, fmt.Sprintf("e%d", i), state(store.Done)).Attempt
		}
		require.Greater(t, claims, int(calls.Load()), "nothing was given back")
		for range calls.Load() {
			require.Equal(t, 1, receive(t, r).Attempt)
		}
	})
}

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

// A quick plugin has rows claimed ahead for it. When it hangs they are given back, for other hosts to hand over, and only
// what it has in its hands stays with it.
func TestStockOfAHangingPluginIsGivenBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		const quickOnes, slots = 200, 2
		db := openDB(t, url)
		var calls atomic.Int32
		r := newReceiver(func(ctx context.Context, _ string, _ delivery.Handover) delivery.Outcome {
			if calls.Add(1) > quickOnes {
				<-ctx.Done()
				return delivery.Outcome{Result: delivery.NotReady}
			}
			return delivery.Outcome{Result: delivery.Done}
		})
		r.capacity = slots
		q := delivery.New(db, r, discard(), delivery.Settings{Lease: time.Minute, Poll: 20 * time.Millisecond})
		for i := range 2 * quickOnes {
			record(t, db, q, fmt.Sprintf("e%d", i), fmt.Sprintf("s%d", i))
		}
		require.NoError(t, q.Start())
		held := func(want int) func() bool {
			return func() bool {
				running := 0
				for i := range 2 * quickOnes {
					rows, err := db.Deliveries(context.Background(), fmt.Sprintf("e%d", i))
					if err != nil || len(rows) != 1 {
						return false
					}
					if rows[0].State == store.Running {
						running++
					}
				}
				return running == want
			}
		}
		require.Eventually(t, func() bool { return calls.Load() == quickOnes+slots }, time.Minute, time.Millisecond)
		require.Eventually(t, held(slots), time.Minute, 5*time.Millisecond, "the rest is for others")
		stop(t, q, 100*time.Millisecond)
		require.True(t, held(0)())
	})
}

// dyingPlugin takes one event at a time, and its process ends at the dies-th of its calls.
func dyingPlugin(dies int32) (*receiver, *atomic.Int32) {
	calls := new(atomic.Int32)
	r := newReceiver(func(context.Context, string, delivery.Handover) delivery.Outcome {
		if calls.Add(1) == dies {
			return delivery.Outcome{Result: delivery.Crashed, Code: "crashed"}
		}
		return delivery.Outcome{Result: delivery.Done}
	})
	r.capacity = 1
	return r, calls
}

// What was claimed ahead for a plugin that dies is no suspect, and is handed over once the plugin is there again.
func TestStockOfADeadPluginIsNoSuspect(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		const events = 300
		db := openDB(t, url)
		r, calls := dyingPlugin(100)
		q := delivery.New(db, r, discard(), quick)
		for i := range events {
			record(t, db, q, fmt.Sprintf("e%d", i), fmt.Sprintf("s%d", i))
		}
		run(t, q)
		crashed := 0
		for i := range events {
			d := eventually(t, db, fmt.Sprintf("e%d", i), state(store.Done))
			crashed += d.Crashes
			require.Zero(t, d.Failures)
		}
		require.Equal(t, 1, crashed)
		require.EqualValues(t, events+1, calls.Load())
	})
}

// A plugin that hangs keeps its own slots, and nobody else's.
func TestHangingPluginDoesNotHoldOthersUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		const events = 40
		db := openDB(t, url)
		r := newReceiver(func(ctx context.Context, plugin string, _ delivery.Handover) delivery.Outcome {
			if plugin == "hangs" {
				<-ctx.Done()
				return delivery.Outcome{Result: delivery.NotReady}
			}
			return delivery.Outcome{Result: delivery.Done}
		})
		r.plugins, r.capacity = []string{"hangs", "works"}, 100
		q := delivery.New(db, r, discard(), delivery.Settings{Lease: time.Minute, Poll: 20 * time.Millisecond, Workers: 16})
		for i := range events {
			record(t, db, q, fmt.Sprintf("e%d", i), fmt.Sprintf("s%d", i))
		}
		require.NoError(t, q.Start())
		for range events {
			receive(t, r) // the hanging one has not answered
		}
		stop(t, q, 100*time.Millisecond)
	})
}

// A query hook of the host's own database handle panics while stock is given back: the host lives, and what was not given
// back comes when its lease has ended.
func TestGivingBackSurvivesAPanic(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		const events = 300
		db := openDB(t, url)
		r, _ := dyingPlugin(100)
		hook := &bomb{parts: map[string]string{"give back": "given-back"}, seen: map[string]int{}}
		q := delivery.New(hooked(t, url, hook), r, discard(), delivery.Settings{Lease: 2 * time.Second, Poll: 20 * time.Millisecond})
		for i := range events {
			record(t, db, q, fmt.Sprintf("e%d", i), fmt.Sprintf("s%d", i))
		}
		run(t, q)
		for i := range events {
			eventually(t, db, fmt.Sprintf("e%d", i), state(store.Done))
		}
		require.Positive(t, hook.times("give back"), "the negative control: there was a panic")
	})
}

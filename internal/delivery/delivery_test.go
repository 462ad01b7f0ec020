package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// receiver is a plugin in process: handle decides, every hand-over is seen on calls.
type receiver struct {
	plugins  []string
	capacity int
	away     atomic.Bool // it is not ready
	handle   func(ctx context.Context, plugin string, h delivery.Handover) delivery.Outcome
	calls    chan delivery.Handover
}

func (r *receiver) Subscribers(string) []string { return r.plugins }
func (r *receiver) Plugins() []string           { return r.plugins }
func (r *receiver) Slots(string) int {
	if r.away.Load() {
		return 0
	}
	return r.capacity
}

func (r *receiver) Deliver(ctx context.Context, plugin string, h delivery.Handover) delivery.Outcome {
	out := r.handle(ctx, plugin, h)
	r.calls <- h
	return out
}

func always(o delivery.Outcome) func(context.Context, string, delivery.Handover) delivery.Outcome {
	return func(context.Context, string, delivery.Handover) delivery.Outcome { return o }
}

func newReceiver(handle func(context.Context, string, delivery.Handover) delivery.Outcome) *receiver {
	return &receiver{plugins: []string{"p"}, capacity: 8, handle: handle, calls: make(chan delivery.Handover, 10_000)}
}

func openDB(t *testing.T, url string) *store.DB {
	t.Helper()
	require.NoError(t, store.Migrate(t.Context(), url))
	db, err := store.Open(url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func start(t *testing.T, db *store.DB, r delivery.Receiver, set delivery.Settings) *delivery.Queue {
	t.Helper()
	q := delivery.New(db, r, discard(), set)
	run(t, q)
	return q
}

// run starts a queue until the test ends.
func run(t *testing.T, q *delivery.Queue) {
	t.Helper()
	require.NoError(t, q.Start())
	t.Cleanup(func() { stop(t, q, 10*time.Second) })
}

// stop ends a queue whose receiver has ended all that was cut after so long.
func stop(t *testing.T, q *delivery.Queue, within time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	q.Stop(ctx)
	require.NoError(t, q.HandBack(context.Background()))
}

// quick has a lease that does not end while a busy machine gets round to renewing it.
var quick = delivery.Settings{Lease: 30 * time.Second, Poll: 20 * time.Millisecond, Workers: 16}

func record(t *testing.T, db *store.DB, q *delivery.Queue, id, subject string) bool {
	t.Helper()
	var fresh bool
	require.NoError(t, db.InTx(t.Context(), func(tx store.Queries) (err error) {
		fresh, err = q.Record(t.Context(), tx, store.Event{
			ID: id, Kind: "payment.succeeded", WeChatType: "TRANSACTION.SUCCESS", BusinessKey: id, Subject: subject,
			Verdict: store.VerdictOK, Payload: []byte("payload of " + id), OccurredAt: 42,
		})
		return err
	}))
	q.Wake()
	return fresh
}

func receive(t *testing.T, r *receiver) delivery.Handover {
	t.Helper()
	select {
	case h := <-r.calls:
		return h
	case <-time.After(20 * time.Second):
		require.FailNow(t, "nothing was handed over")
		return delivery.Handover{}
	}
}

// eventually waits for a row to reach a state. It polls: the database raises no signal.
func eventually(t *testing.T, db *store.DB, event string, reached func(store.Delivery) bool) store.Delivery {
	t.Helper()
	var last store.Delivery
	require.Eventually(t, func() bool {
		rows, err := db.Deliveries(context.Background(), event)
		if err != nil || len(rows) != 1 {
			return false
		}
		last = rows[0]
		return reached(last)
	}, time.Minute, 5*time.Millisecond)
	return last
}

func state(want string) func(store.Delivery) bool {
	return func(d store.Delivery) bool { return d.State == want }
}

func TestEventReachesItsPlugin(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db, r := openDB(t, url), newReceiver(always(delivery.Outcome{Result: delivery.Done}))
		q := start(t, db, r, quick)
		require.True(t, record(t, db, q, "e1", "s1"))
		h := receive(t, r)
		require.Equal(t, "e1", h.EventID)
		require.Equal(t, "payment.succeeded", h.Kind)
		require.Equal(t, []byte("payload of e1"), h.Payload)
		require.Equal(t, 1, h.Attempt)
		eventually(t, db, "e1", state(store.Done))

		require.False(t, record(t, db, q, "e1", "s1"), "the same event again")
		require.True(t, record(t, db, q, "e2", "s1"))
		require.Equal(t, "e2", receive(t, r).EventID, "the repeat was not handed over")
	})
}

func TestQuarantinedEventIsNotDelivered(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db, r := openDB(t, url), newReceiver(always(delivery.Outcome{Result: delivery.Done}))
		q := start(t, db, r, quick)
		require.NoError(t, db.InTx(t.Context(), func(tx store.Queries) error {
			fresh, err := q.Record(t.Context(), tx, store.Event{ID: "bad", BusinessKey: "bad", Verdict: "amount", Payload: []byte("{}")})
			require.True(t, fresh)
			return err
		}))
		rows, err := db.Deliveries(t.Context(), "bad")
		require.NoError(t, err)
		require.Empty(t, rows)
	})
}

// Outcomes and what becomes of the row.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		out               delivery.Outcome
		state             string
		failures, crashes int
	}{
		"retry":     {delivery.Outcome{Result: delivery.Retry, After: time.Hour, Code: "later"}, store.Pending, 1, 0},
		"reject":    {delivery.Outcome{Result: delivery.Reject, Code: "never"}, store.Dead, 1, 0},
		"unknown":   {delivery.Outcome{After: time.Hour}, store.Pending, 1, 0},
		"not ready": {delivery.Outcome{Result: delivery.NotReady, Code: "busy"}, store.Pending, 0, 0},
		"crashed":   {delivery.Outcome{Result: delivery.Crashed, Code: "exit"}, store.Pending, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, url string) {
				t.Parallel()
				first := true // a field of one row, so no two calls at once; then the plugin blocks until the test is over
				db := openDB(t, url)
				r := newReceiver(nil)
				r.handle = func(ctx context.Context, _ string, _ delivery.Handover) delivery.Outcome {
					if first {
						first = false
						return c.out
					}
					<-ctx.Done()
					return delivery.Outcome{Result: delivery.NotReady}
				}
				q := delivery.New(db, r, discard(), quick)
				require.NoError(t, q.Start())
				record(t, db, q, "e1", "s1")
				receive(t, r)
				got := eventually(t, db, "e1", func(d store.Delivery) bool { return d.State != store.Running || d.Attempt > 1 })
				if got.Attempt == 1 { // NotReady and Crashed come back at once, the row may be running again
					require.Equal(t, c.state, got.State)
				}
				require.Equal(t, c.failures, got.Failures)
				require.Equal(t, c.crashes, got.Crashes)
				require.Equal(t, c.out.Code, got.LastCode)
				stop(t, q, 100*time.Millisecond)
			})
		})
	}
}

func TestPanicCostsAnAttemptNotTheHost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		var once sync.Once
		db := openDB(t, url)
		r := newReceiver(func(context.Context, string, delivery.Handover) delivery.Outcome {
			out := delivery.Outcome{Result: delivery.Done}
			once.Do(func() { panic(errors.New("in the receiver")) })
			return out
		})
		q := start(t, db, r, quick)
		record(t, db, q, "e1", "s1")
		d := eventually(t, db, "e1", func(d store.Delivery) bool { return d.Failures == 1 })
		require.Equal(t, "panic", d.LastCode)
		record(t, db, q, "e2", "s2")
		require.Equal(t, "e2", receive(t, r).EventID, "the queue goes on")
		eventually(t, db, "e1", state(store.Done))
	})
}

func TestOneSubjectAtATime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		const events, subjects = 60, 3
		db := openDB(t, url)
		var mu sync.Mutex
		running := map[string]int{}
		overlaps := 0
		r := newReceiver(func(_ context.Context, _ string, h delivery.Handover) delivery.Outcome {
			mu.Lock()
			running[h.Subject]++
			if running[h.Subject] > 1 {
				overlaps++
			}
			mu.Unlock()
			defer func() { mu.Lock(); running[h.Subject]--; mu.Unlock() }()
			return delivery.Outcome{Result: delivery.Done}
		})
		// Two hosts on PostgreSQL; SQLite has one process, but two queues on it must not overlap either.
		q := start(t, db, r, quick)
		other := start(t, db, r, quick)
		for i := range events {
			record(t, db, q, fmt.Sprintf("e%d", i), fmt.Sprintf("s%d", i%subjects))
			other.Wake()
		}
		seen := map[string]int{}
		for range events {
			seen[receive(t, r).EventID]++
		}
		require.Len(t, seen, events)
		mu.Lock()
		defer mu.Unlock()
		require.Zero(t, overlaps)
	})
}

// A host that dies leaves running rows; another host takes them back after the lease and delivers them.
func TestAnotherHostTakesOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		r := newReceiver(always(delivery.Outcome{Result: delivery.Done}))
		dead := delivery.New(db, r, discard(), quick) // records, never starts
		record(t, db, dead, "e1", "s1")
		left, err := db.ClaimDeliveries(t.Context(), "p", "dead-host", 1, 100*time.Millisecond)
		require.NoError(t, err)
		require.Len(t, left, 1)

		start(t, db, r, quick)
		require.Equal(t, "e1", receive(t, r).EventID)
		d := eventually(t, db, "e1", state(store.Done))
		require.Equal(t, 2, d.Attempt)
		require.Equal(t, 1, d.Crashes)
	})
}

// The lease is renewed while a plugin works longer than it lasts.
func TestLongWorkKeepsItsLease(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		// Renewed each second, with three to spare on a busy machine.
		set := delivery.Settings{Lease: 4 * time.Second, Poll: 20 * time.Millisecond}
		outlived := make(chan struct{})
		r := newReceiver(func(ctx context.Context, _ string, _ delivery.Handover) delivery.Outcome {
			select {
			case <-outlived:
			case <-ctx.Done():
			}
			return delivery.Outcome{Result: delivery.Done}
		})
		q := start(t, db, r, set)
		start(t, db, r, set) // a second host, ready to take back
		record(t, db, q, "e1", "s1")
		first := eventually(t, db, "e1", state(store.Running))
		eventually(t, db, "e1", func(d store.Delivery) bool {
			return d.Attempt > 1 || d.WakeAt != nil && d.WakeAt.Time().Sub(first.WakeAt.Time()) > set.Lease
		})
		close(outlived)
		d := eventually(t, db, "e1", state(store.Done))
		require.Equal(t, 1, d.Attempt, "nobody took the row over")
		require.Zero(t, d.Crashes)
	})
}

func TestEventIDIsMadeFromWhatHappened(t *testing.T) {
	t.Parallel()
	first := delivery.EventID("m", "payment|t1|SUCCESS")
	require.Equal(t, first, delivery.EventID("m", "payment|t1|SUCCESS"))
	require.NotEqual(t, first, delivery.EventID("m", "payment|t2|SUCCESS"))
	require.NotEqual(t, first, delivery.EventID("m2", "payment|t1|SUCCESS"))
}

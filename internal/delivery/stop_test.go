package delivery_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
)

// cut starts a queue, has it begin e1 of a subject, records e2 of the same, and stops it before e1's handler has answered.
func cut(t *testing.T, db *store.DB, set delivery.Settings) *delivery.Queue {
	t.Helper()
	entered := make(chan struct{}, 10)
	r := newReceiver(func(ctx context.Context, _ string, _ delivery.Handover) delivery.Outcome {
		entered <- struct{}{}
		<-ctx.Done() // what the handler itself does then, nobody knows
		return delivery.Outcome{Result: delivery.Retry, Code: "cut"}
	})
	q := delivery.New(db, r, discard(), set)
	q.Stop(t.Context())
	require.NoError(t, q.HandBack(t.Context()), "before Start")
	require.NoError(t, q.Start())
	record(t, db, q, "e1", "s")
	<-entered
	record(t, db, q, "e2", "s")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	q.Stop(ctx)
	return q
}

// An event that Stop cuts stays leased, for as long as it takes, until the handlers have ended; then it comes before the later
// ones of its subject again.
func TestCutEventsStayLeasedUntilHandlersHaveEnded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		q := cut(t, db, delivery.Settings{Lease: 4 * time.Second, Poll: 20 * time.Millisecond})
		first := row(t, db, "e1")
		require.Equal(t, store.Running, first.State)
		r := newReceiver(always(delivery.Outcome{Result: delivery.Done}))
		start(t, db, r, quick) // another host
		renewed := eventually(t, db, "e1", func(d store.Delivery) bool {
			return d.State != store.Running || *d.WakeAt > *first.WakeAt
		})
		require.Equal(t, store.Running, renewed.State)
		require.Empty(t, r.calls, "nothing of the subject begins beside a handler that may still run")

		require.NoError(t, q.HandBack(t.Context()))
		require.Equal(t, "e1", receive(t, r).EventID)
		require.Equal(t, "e2", receive(t, r).EventID)
		d := eventually(t, db, "e1", state(store.Done))
		require.Zero(t, d.Failures, "stopping costs no attempt")
		require.Zero(t, d.Crashes)
		q.Stop(t.Context())
		require.NoError(t, q.HandBack(t.Context()), "twice")
	})
}

// A handler that cannot be ended keeps its event until the lease ends, also when an SQLite file is opened again by the same
// process.
func TestEventOfAHandlerThatGoesOnIsNotHandedBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		q := cut(t, db, delivery.Settings{Lease: 4 * time.Second, Poll: 20 * time.Millisecond})
		require.NoError(t, q.HandBack(t.Context(), "p"))
		require.Equal(t, store.Running, row(t, db, "e1").State)
		if db.SingleProcess() {
			require.NoError(t, db.TakeBackAll(t.Context()))
			require.Equal(t, store.Running, row(t, db, "e1").State)
		}
		d := eventually(t, db, "e1", func(d store.Delivery) bool {
			now, err := db.Clock(context.Background())
			return err == nil && *d.WakeAt < now
		})
		require.Equal(t, store.Running, d.State)
		if db.SingleProcess() {
			require.NoError(t, db.TakeBackAll(t.Context()))
			require.Equal(t, store.Pending, row(t, db, "e1").State)
		}
		start(t, db, newReceiver(always(delivery.Outcome{Result: delivery.Done})), quick)
		eventually(t, db, "e1", state(store.Done))
	})
}

func row(t *testing.T, db *store.DB, event string) store.Delivery {
	t.Helper()
	rows, err := db.Deliveries(t.Context(), event)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	return rows[0]
}

package delivery_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
)

// When the connection breaks before the answer to a claim, the rows are ours and we do not know it. Their leases must
// end, or they would run for as long as this host lives.
func TestClaimWithALostAnswerIsTakenBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		r := newReceiver(always(delivery.Outcome{Result: delivery.Done}))
		q := delivery.New(db, r, discard(), delivery.Settings{Lease: 400 * time.Millisecond, Poll: 20 * time.Millisecond})
		record(t, db, q, "e1", "s1")
		lost, err := db.ClaimDeliveries(t.Context(), "p", q.Owner(), 1, 400*time.Millisecond)
		require.NoError(t, err)
		require.Len(t, lost, 1)

		run(t, q)
		require.Equal(t, 2, receive(t, r).Attempt)
		eventually(t, db, "e1", func(d store.Delivery) bool { return d.State == store.Done })
	})
}

// When the database was away for longer than a lease, a host does not take its own rows, which it is still at work on, for
// those of a dead one, and hand them over a second time beside the first.
func TestWhatIsInHandIsNotTakenBackByItsHost(t *testing.T) {
	t.Parallel()
	const lease = 400 * time.Millisecond
	db := openDB(t, dbtest.SQLite(t)) // its one connection can be kept from the others
	release := make(chan struct{})
	r := newReceiver(nil)
	begun := make(chan struct{}, 10)
	r.handle = func(context.Context, string, delivery.Handover) delivery.Outcome {
		begun <- struct{}{}
		<-release
		return delivery.Outcome{Result: delivery.Done}
	}
	q := delivery.New(db, r, discard(), delivery.Settings{Lease: lease, Poll: 20 * time.Millisecond})
	record(t, db, q, "e1", "s1")
	require.NoError(t, q.Start())
	<-begun
	for range 5 { // whether a renewal or a look for ended leases has to wait, is chance
		require.NoError(t, db.InTx(t.Context(), func(tx store.Queries) error {
			start, err := tx.Clock(t.Context())
			for now := start; err == nil && now < start+2*store.Millis(lease.Milliseconds()); now, err = tx.Clock(t.Context()) {
				runtime.Gosched()
			}
			return err
		}))
		eventually(t, db, "e1", func(d store.Delivery) bool {
			now, err := db.Clock(context.Background())
			return err == nil && d.State == store.Running && *d.WakeAt > now
		})
	}
	close(release)
	require.Equal(t, 1, receive(t, r).Attempt)
	d := eventually(t, db, "e1", state(store.Done))
	require.Zero(t, d.Crashes)
	require.Empty(t, begun, "it was handed over once")
	stop(t, q, time.Minute)
}

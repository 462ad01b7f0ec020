package delivery_test

import (
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

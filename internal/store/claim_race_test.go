package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

// Another host begins a row of a subject at the moment when this one claims another row of it, among others: that one is
// refused by the index, and the others are claimed all the same.
func TestGroupClaimGoesOnWithoutTheRowThatLostARace(t *testing.T) {
	t.Parallel()
	db := open(t, dbtest.Postgres(t)) // SQLite has one writer
	queue(t, db, 6, func(i int) string {
		if i < 2 {
			return "contended"
		}
		return own(i)
	})
	type claimed struct {
		rows []store.Delivery
		err  error
	}
	result := make(chan claimed, 1)
	require.NoError(t, db.InTx(t.Context(), func(q store.Queries) error {
		if err := q.ForceRunning(t.Context(), "e1"); err != nil {
			return err
		}
		go func() {
			rows, err := db.ClaimDeliveries(t.Context(), "p", "one", 40, time20s) // room enough for all with the oldest
			result <- claimed{rows, err}
		}()
		require.Eventually(t, func() bool {
			n, err := db.WaitingForLocks(t.Context())
			return err == nil && n == 1
		}, time20s, time.Millisecond, "the claim is past its own look at the subject, and waits for what becomes of the other row")
		return nil
	}))
	got := <-result
	require.NoError(t, got.err)
	var events []string
	for _, d := range got.rows {
		events = append(events, d.EventID)
	}
	require.ElementsMatch(t, []string{"e2", "e3", "e4", "e5"}, events)
	require.Equal(t, store.Pending, row(t, db, "e0").State)
}

package payment

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/group"
	"wgink.ink/wechat/internal/store"
)

// A commit that waits for its database is given up, so that those behind it get their turn.
func TestCommitOfNoticesIsBounded(t *testing.T) {
	t.Parallel()
	url := dbtest.SQLite(t) // its one connection can be kept from the others
	require.NoError(t, store.Migrate(t.Context(), url))
	db, err := store.Open(url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.InTx(t.Context(), func(store.Queries) error {
		limited, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := keeper(db)(limited, []store.Incoming{{Event: store.Event{ID: "e", BusinessKey: "e", Verdict: store.VerdictOK}}})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, limited.Err(), "long before its caller's time was over")
		return nil
	}))
}

// Who stops does not wait for a commit that hangs in the driver.
func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		s := New(Parts{Log: slog.New(slog.DiscardHandler), Now: time.Now}, Settings{})
		s.keep = group.New(1, store.ItemFault, func(_ context.Context, facts []store.Incoming) ([]store.Kept, error) {
			<-hang
			return make([]store.Kept, len(facts)), nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.keep.Do(ctx, store.Incoming{})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, s.Wait(ctx), context.DeadlineExceeded)
		close(hang)
		require.NoError(t, s.Wait(t.Context()))
	})
}

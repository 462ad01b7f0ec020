package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/store"
)

func TestSettled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		queue(t, db, 5, own)
		claimed := claim(t, db, "one", 3, time20s)
		states := map[string]string{}
		for i, d := range claimed {
			f := store.Finish{Delivery: d, State: []string{store.Done, store.Dead, store.Done}[i], Code: "handler", Error: "no"}
			states[d.EventID] = f.State
			_, err := db.FinishDeliveries(t.Context(), []store.Finish{f})
			require.NoError(t, err)
		}
		rows, err := db.Settled(t.Context(), "p", 10)
		require.NoError(t, err)
		got := map[string]string{}
		for i, r := range rows {
			got[r.EventID] = r.State
			require.True(t, i == 0 || rows[i-1].UpdatedAt >= r.UpdatedAt, "the newest first")
		}
		require.Equal(t, states, got, "what waits is not settled")

		rows, err = db.Settled(t.Context(), "p", 2)
		require.NoError(t, err)
		require.Len(t, rows, 2)
		rows, err = db.Settled(t.Context(), "other", 10)
		require.NoError(t, err)
		require.Empty(t, rows)
	})
}

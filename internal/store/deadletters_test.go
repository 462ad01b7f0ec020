package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/store"
)

// die makes every queued delivery dead, with a code by its event.
func die(t *testing.T, db *store.DB, n int, code func(event string) string) {
	t.Helper()
	for _, d := range claim(t, db, "one", n, time20s) {
		finish(t, db, d, store.Finish{State: store.Dead, Code: code(d.EventID)}, true)
	}
}

func TestDeadLettersInPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		const n = 7
		queue(t, db, n, own)
		die(t, db, n, func(event string) string {
			if event == "e3" {
				return "panic"
			}
			return "rejected"
		})
		var (
			seen   = map[string]bool{}
			filter store.DeadFilter
		)
		for range n + 1 {
			page := must(db.DeadLetters(t.Context(), filter, 2))
			if len(page) == 0 {
				break
			}
			for _, d := range page {
				require.False(t, seen[d.EventID], "%s twice", d.EventID)
				seen[d.EventID] = true
			}
			last := page[len(page)-1]
			filter.After = &store.DeadPlace{UpdatedAt: last.UpdatedAt, EventID: last.EventID, Plugin: last.Plugin}
		}
		require.Len(t, seen, n)
		require.Len(t, must(db.DeadLetters(t.Context(), store.DeadFilter{Code: "panic"}, 9)), 1)
		require.Empty(t, must(db.DeadLetters(t.Context(), store.DeadFilter{Plugin: "q"}, 9)))
	})
}

func TestRequeueOneDeadLetter(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		queue(t, db, 1, own)
		require.False(t, must(db.Requeue(t.Context(), "e0", "p")), "it is not dead")
		die(t, db, 1, func(string) string { return "rejected" })
		require.False(t, must(db.Requeue(t.Context(), "e0", "q")))
		require.False(t, must(db.Requeue(t.Context(), "e1", "p")))
		require.True(t, must(db.Requeue(t.Context(), "e0", "p")))
		d := row(t, db, "e0")
		require.Equal(t, store.Pending, d.State)
		require.True(t, d.Replay)
		require.Len(t, claim(t, db, "one", 9, time20s), 1, "it is due")
	})
}

func TestRequeueSomeDeadLetters(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		queue(t, db, 5, own)
		die(t, db, 5, func(event string) string {
			if event == "e3" {
				return "panic"
			}
			return "rejected"
		})
		later := must(db.Clock(t.Context())) + 1
		require.Zero(t, must(db.RequeueSome(t.Context(), "q", "", later, 9)))
		require.Zero(t, must(db.RequeueSome(t.Context(), "p", "", 1, 9)), "they died later")
		require.Equal(t, 1, must(db.RequeueSome(t.Context(), "p", "panic", later, 9)))
		require.Equal(t, 3, must(db.RequeueSome(t.Context(), "p", "", later, 3)))
		require.Equal(t, 1, must(db.RequeueSome(t.Context(), "p", "", later, 3)))
		require.Zero(t, must(db.RequeueSome(t.Context(), "p", "", later, 3)))
	})
}

func TestDepths(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		require.Empty(t, must(db.Depths(t.Context())))
		queue(t, db, 6, own)
		require.NoError(t, db.InsertDeliveries(t.Context(), "e0", "other", []string{"a", "z"}))
		die(t, db, 2, func(string) string { return "rejected" })
		claim(t, db, "one", 1, time20s)
		depths := must(db.Depths(t.Context()))
		require.Len(t, depths, 3)
		for i, want := range []store.Depth{{Plugin: "a", Pending: 1}, {Plugin: "p", Pending: 3, Running: 1, Dead: 2}, {Plugin: "z", Pending: 1}} {
			require.GreaterOrEqual(t, depths[i].Oldest, want.Oldest)
			want.Oldest = depths[i].Oldest
			require.Equal(t, want, depths[i])
		}
		for range 3 {
			die(t, db, 9, func(string) string { return "rejected" })
		}
		depths = must(db.Depths(t.Context()))
		require.Equal(t, "p", depths[1].Plugin, "dead ones and running ones alone show, too")
		require.Zero(t, depths[1].Pending)
		require.Equal(t, 5, depths[1].Dead)
	})
}

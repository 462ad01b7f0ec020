package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

const time20s = 20 * time.Second

// queue records n events for plugin "p", named e0…, each with the subject that subject gives.
func queue(t *testing.T, db *store.DB, n int, subject func(i int) string) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), func(q store.Queries) error {
		for i := range n {
			id := fmt.Sprintf("e%d", i)
			if _, err := q.InsertEvent(t.Context(), store.Event{ID: id, BusinessKey: id, Verdict: store.VerdictOK, Payload: []byte("{}")}); err != nil {
				return err
			}
			if err := q.InsertDeliveries(t.Context(), id, subject(i), []string{"p"}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func own(i int) string { return fmt.Sprintf("subject-%d", i) }

func row(t *testing.T, db *store.DB, event string) store.Delivery {
	t.Helper()
	rows, err := db.Deliveries(t.Context(), event)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	return rows[0]
}

func claim(t *testing.T, db *store.DB, owner string, limit int, lease time.Duration) []store.Delivery {
	t.Helper()
	claimed, err := db.ClaimDeliveries(t.Context(), "p", owner, limit, lease)
	require.NoError(t, err)
	return claimed
}

func TestClaimTakesDueRowsOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		queue(t, db, 5, own)
		first := claim(t, db, "one", 3, time20s)
		require.Len(t, first, 3)
		require.Equal(t, 1, first[0].Attempt)
		require.Len(t, claim(t, db, "two", 10, time20s), 2)
		require.Empty(t, claim(t, db, "two", 10, time20s))
		require.Empty(t, must(db.ClaimDeliveries(t.Context(), "other", "one", 9, time20s)), "another plugin's rows")
	})
}

func TestClaimKeepsOneSubjectApart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		queue(t, db, 6, func(i int) string { return fmt.Sprintf("s%d", i%2) })
		for range 3 {
			both := claim(t, db, "one", 10, time20s)
			require.Len(t, both, 2, "one of each subject")
			require.Empty(t, claim(t, db, "two", 10, time20s), "the rest waits for its subject")
			for _, d := range both {
				finish(t, db, d, store.Finish{State: store.Done}, true)
			}
		}
		require.Empty(t, claim(t, db, "one", 10, time20s))
	})
}

// Many claimers at once never run one row twice, and never two rows of one subject at the same time.
func TestClaimersAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		const rows, claimers = 200, 16
		queue(t, db, rows, func(i int) string { return fmt.Sprintf("s%d", i%8) })
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Minute)
		defer cancel()
		type result struct {
			events []string
			err    error
		}
		results := make(chan result, claimers)
		for c := range claimers {
			go func() {
				var r result
				for idle := 0; idle < 10 && r.err == nil; idle++ {
					var got []store.Delivery
					got, r.err = db.ClaimDeliveries(ctx, "p", fmt.Sprintf("owner-%d", c), 4, time20s)
					for _, d := range got {
						idle = 0
						var kept []bool
						if kept, r.err = db.FinishDeliveries(ctx, []store.Finish{{Delivery: d, State: store.Done}}); r.err == nil && kept[0] {
							r.events = append(r.events, d.EventID)
						}
					}
				}
				results <- r
			}()
		}
		done := map[string]int{}
		for range claimers {
			r := <-results
			require.NoError(t, r.err)
			for _, e := range r.events {
				done[e]++
			}
		}
		for _, d := range claim(t, db, "last", rows, time20s) {
			done[d.EventID]++
		}
		require.LessOrEqual(t, len(done), rows)
		for event, n := range done {
			require.Equal(t, 1, n, "event %s", event)
		}
		require.Greater(t, len(done), rows-8, "a backlog is worked off")
	})
}

func TestTheIndexForbidsTwoRunningOfOneSubject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		queue(t, db, 2, func(int) string { return "same" })
		require.Len(t, claim(t, db, "one", 10, time20s), 1)
		err := db.ForceRunning(t.Context(), "e1")
		require.Error(t, err)
		require.True(t, store.IsUnique(err), "%v", err)
	})
}

func TestFinishIsFencedByOwnerAndAttempt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		queue(t, db, 1, own)
		late := claim(t, db, "one", 1, -time.Second)[0] // a lease that has ended
		n, err := db.TakeBack(t.Context(), must(db.Clock(t.Context())))
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, 1, row(t, db, "e0").Crashes)

		second := claim(t, db, "two", 1, time20s)[0]
		require.Equal(t, 2, second.Attempt)
		finish(t, db, late, store.Finish{State: store.Done}, false)
		require.Equal(t, store.Running, row(t, db, "e0").State, "the late outcome changed nothing")
		finish(t, db, second, store.Finish{State: store.Done}, true)
		require.Equal(t, store.Done, row(t, db, "e0").State)
		require.Nil(t, row(t, db, "e0").WakeAt)
	})
}

func TestLeaseIsRenewedAndHandedBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		queue(t, db, 1, own)
		claimed := claim(t, db, "one", 1, -time.Second)
		require.NoError(t, db.RenewLeases(t.Context(), "one", nil, time20s))
		require.NoError(t, db.RenewLeases(t.Context(), "one", []store.Claim{claimed[0].Claim()}, time20s))
		n, err := db.TakeBack(t.Context(), must(db.Clock(t.Context())))
		require.NoError(t, err)
		require.Zero(t, n, "a renewed lease is not taken back")

		require.NoError(t, db.HandBack(t.Context(), "one", nil))
		d := row(t, db, "e0")
		require.Equal(t, store.Pending, d.State)
		require.Zero(t, d.Crashes, "stopping is no crash")
		require.Len(t, claim(t, db, "two", 1, time20s), 1)
	})
}

func TestPendingWaitsForItsTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		queue(t, db, 1, own)
		d := claim(t, db, "one", 1, time20s)[0]
		finish(t, db, d, store.Finish{State: store.Pending, After: time.Hour, Failure: true, Code: "c", Error: "why"}, true)
		require.Empty(t, claim(t, db, "one", 1, time20s))
		got := row(t, db, "e0")
		require.Equal(t, 1, got.Failures)
		require.Equal(t, "c", got.LastCode)
		require.Equal(t, "why", got.LastError)
		require.InDelta(t, time.Hour.Milliseconds(), int64(*got.WakeAt-got.UpdatedAt), 5)
	})
}

func finish(t *testing.T, db *store.DB, d store.Delivery, f store.Finish, wantKept bool) {
	t.Helper()
	f.Delivery = d
	kept, err := db.FinishDeliveries(t.Context(), []store.Finish{f})
	require.NoError(t, err)
	require.Equal(t, []bool{wantKept}, kept)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A host that stops after its server was started again has only dead connections, and must still give its rows back.
func TestHandBackOverDeadConnections(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db, other := open(t, url), open(t, url)
		queue(t, db, 1, own)
		claim(t, db, "one", 1, time20s)
		var busy sync.WaitGroup
		for range 4 { // so that several connections are idle afterwards
			busy.Go(func() { _, _ = db.Events(t.Context(), 1) })
		}
		busy.Wait()
		require.NoError(t, other.EndOtherConnections(t.Context()))
		require.NoError(t, db.HandBack(t.Context(), "one", nil))
		require.Equal(t, store.Pending, row(t, other, "e0").State)
	})
}

// A server ends sessions that were idle for long: what comes after a quiet spell is kept all the same, over a connection
// that is new.
func TestIdleSessionsAreEnded(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	watcher, db := open(t, url), open(t, url+"&idle_session_timeout=300")
	keep := func(id string) {
		kept, err := db.Keep(t.Context(), []store.Incoming{{Event: store.Event{
			ID: id, Kind: "k", BusinessKey: id, Verdict: store.VerdictOK, Payload: []byte("{}"),
		}}})
		require.NoError(t, err)
		require.True(t, kept[0].Fresh)
	}
	quiet := func() {
		var busy sync.WaitGroup
		for range 4 { // so that several connections are idle
			busy.Go(func() { _, _ = db.Events(t.Context(), 1) })
		}
		busy.Wait()
		require.Eventually(t, func() bool {
			n, err := watcher.OtherConnections(t.Context())
			return err == nil && n == 0
		}, time.Minute, 10*time.Millisecond)
	}
	keep("first")
	quiet()
	keep("second")
	quiet()
	require.NoError(t, db.InTx(t.Context(), func(q store.Queries) error { _, _, err := q.Event(t.Context(), "first"); return err }))
}

// A busy plugin takes one event at a time. Events that happen now must get their turn then, too.
func TestBacklogDoesNotStarveTheNewest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		queue(t, db, 300, own)
		require.NoError(t, db.InTx(t.Context(), func(q store.Queries) error {
			_, err := q.InsertEvent(t.Context(), store.Event{ID: "new", BusinessKey: "new", Verdict: store.VerdictOK, Payload: []byte("{}")})
			if err != nil {
				return err
			}
			return q.InsertDeliveries(t.Context(), "new", "new", []string{"p"})
		}))
		for range 100 { // by chance it is not among so many once in 10^12 runs
			if claim(t, db, "one", 1, time20s)[0].EventID == "new" {
				return
			}
		}
		require.Fail(t, "the newest event waits for all that came before it")
	})
}

// A host renews its leases while it writes outcomes of the same rows: neither waits for the other crosswise.
func TestRenewingWhileOutcomesAreWritten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		const rows, rounds = 100, 20
		queue(t, db, rows, own)
		claims := make([]store.Claim, rows)
		for range rounds {
			claimed := claim(t, db, "one", 4*rows, time20s)
			require.Len(t, claimed, rows)
			back := make([]store.Finish, rows)
			for i, d := range claimed {
				claims[rows-1-i] = d.Claim()
				back[i] = store.Finish{Delivery: d, State: store.Pending}
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				if err := db.RenewLeases(t.Context(), "one", claims, time20s); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if _, err := db.FinishDeliveries(t.Context(), back); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
		}
	})
}

// A suspect whose subject is at work elsewhere is not due: nobody should keep hands empty for it.
func TestSuspectOfABusySubjectIsNotDue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		queue(t, db, 2, func(int) string { return "s" })
		first := claim(t, db, "one", 1, time20s)[0]
		finish(t, db, first, store.Finish{State: store.Pending, After: time.Millisecond, Crash: true, Suspect: true}, true)
		other := claim(t, db, "two", 2, time20s)
		require.Len(t, other, 1, "it has been due for longer")
		require.Eventually(t, func() bool {
			now, err := db.Clock(t.Context())
			return err == nil && now > *row(t, db, first.EventID).WakeAt
		}, time20s, time.Millisecond)
		waiting, due, err := db.Suspects(t.Context(), "p")
		require.NoError(t, err)
		require.True(t, waiting)
		require.False(t, due)

		finish(t, db, other[0], store.Finish{State: store.Done}, true)
		_, due, err = db.Suspects(t.Context(), "p")
		require.NoError(t, err)
		require.True(t, due)
	})
}

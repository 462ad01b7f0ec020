package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
	"wgink.ink/wechat/internal/store"
)

// Every statement of the queue must find its rows by an index when 100,000 wait and others are done; a plan that reads the
// whole table is found here and not in production. The statements are those that the code runs.
func TestQueueQueriesUseAnIndex(t *testing.T) {
	t.Parallel()
	lanetest.Storm(t)
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := open(t, url)
		require.NoError(t, db.FillQueue(t.Context(), 100_000, 20_000))
		claims := statementsOf(t, db, "claim")
		plan, err := db.Explain(t.Context(), claims[0])
		require.NoError(t, err)
		require.Regexp(t, `(Index Cond: \(|INDEX \S+ \()subject ?=`, plan, "without statistics, too, a subject is looked up by its index")
		require.NoError(t, db.Analyze(t.Context()))
		for name := range queueCalls() {
			for _, statement := range statementsOf(t, db, name) {
				plan, err := db.Explain(t.Context(), statement)
				require.NoError(t, err, name)
				require.False(t, readsWholeTable(plan), "%s:\n%s\n%s", name, statement, plan)
			}
		}
		settled, err := db.Explain(t.Context(), statementsOf(t, db, "settled")[0])
		require.NoError(t, err)
		require.Regexp(t, `(Index Cond: \(|INDEX \S+ \()\(?plugin`, settled, "what one plugin is through with is not looked for among all")
		plan, err = db.Explain(t.Context(), "SELECT COUNT(*) FROM wechat_deliveries WHERE last_code = 'x'")
		require.NoError(t, err)
		require.True(t, readsWholeTable(plan), "the negative control is not seen as one:\n%s", plan)
	})
}

// queueCalls are the store's methods that a busy queue calls, each on rows that are there.
func queueCalls() map[string]func(context.Context, *store.DB) error {
	held := store.Delivery{EventID: "pending1", Plugin: "p", Attempt: 1, Owner: new("o")}
	return map[string]func(context.Context, *store.DB) error{
		"claim": func(ctx context.Context, db *store.DB) error {
			_, err := db.ClaimDeliveries(ctx, "p", "o", 8, time20s) // enough for some of the oldest and of the newest
			return err
		},
		"claim suspect": func(ctx context.Context, db *store.DB) error {
			_, err := db.ClaimSuspect(ctx, "p", "o", time20s)
			return err
		},
		"suspects": func(ctx context.Context, db *store.DB) error { _, _, err := db.Suspects(ctx, "p"); return err },
		"events": func(ctx context.Context, db *store.DB) error {
			_, err := db.EventsByID(ctx, []string{"pending1", "done2"})
			return err
		},
		"renew": func(ctx context.Context, db *store.DB) error {
			return db.RenewLeases(ctx, "o", []store.Claim{held.Claim(), {EventID: "pending2", Plugin: "p", Attempt: 1}}, time20s)
		},
		"leases ended": func(ctx context.Context, db *store.DB) error { _, _, err := db.LeasesEnded(ctx); return err },
		"take back":    func(ctx context.Context, db *store.DB) error { _, err := db.TakeBack(ctx, 1); return err },
		"finish": func(ctx context.Context, db *store.DB) error {
			other := held
			other.EventID = "pending2"
			_, err := db.FinishDeliveries(ctx, []store.Finish{{Delivery: held, State: store.Done}, {Delivery: other, State: store.Done}})
			return err
		},
		"hand back": func(ctx context.Context, db *store.DB) error {
			return db.HandBack(ctx, "o", []store.Claim{held.Claim()})
		},
		"going on":      func(ctx context.Context, db *store.DB) error { return db.MarkGoingOn(ctx, []store.Claim{held.Claim()}) },
		"take back all": func(ctx context.Context, db *store.DB) error { return db.TakeBackAll(ctx) },
		"replay":        func(ctx context.Context, db *store.DB) error { _, err := db.Replay(ctx, "done1", "p"); return err },
		"requeue":       func(ctx context.Context, db *store.DB) error { _, err := db.Requeue(ctx, "done2", "p"); return err },
		"requeue some": func(ctx context.Context, db *store.DB) error {
			_, err := db.RequeueSome(ctx, "p", "code", 5, 10)
			return err
		},
		"dead letters": func(ctx context.Context, db *store.DB) error {
			_, err := db.DeadLetters(ctx, store.DeadFilter{}, 10)
			return err
		},
		"next dead letters": func(ctx context.Context, db *store.DB) error {
			_, err := db.DeadLetters(ctx, store.DeadFilter{Plugin: "p", Code: "c", After: &store.DeadPlace{UpdatedAt: 1, EventID: "e", Plugin: "p"}}, 10)
			return err
		},
		"settled":       func(ctx context.Context, db *store.DB) error { _, err := db.Settled(ctx, "rare", 10); return err },
		"depths":        func(ctx context.Context, db *store.DB) error { _, err := db.Depths(ctx); return err },
		"forget done":   func(ctx context.Context, db *store.DB) error { _, err := db.ForgetDone(ctx, time20s); return err },
		"forget events": func(ctx context.Context, db *store.DB) error { _, err := db.ForgetEvents(ctx, time20s); return err },
		"intake": func(ctx context.Context, db *store.DB) error {
			_, err := db.Keep(ctx, []store.Incoming{paidFact("unknown", "n1"), refundFact("unknown", "r1")})
			return err
		},
	}
}

// statementsOf are the texts of the statements that a call runs.
func statementsOf(t *testing.T, db *store.DB, name string) (texts []string) {
	t.Helper()
	watched, seen := db.Watch()
	require.NoError(t, queueCalls()[name](t.Context(), watched))
	for _, text := range seen.Take() {
		if explainable(text) {
			texts = append(texts, text)
		}
	}
	if name != "intake" { // on PostgreSQL it is prepared, and explained by a test of its own
		require.NotEmpty(t, texts, name)
	}
	return texts
}

func explainable(text string) bool {
	return slices.ContainsFunc([]string{"SELECT", "WITH", "INSERT", "UPDATE", "DELETE"}, func(verb string) bool {
		return strings.HasPrefix(text, verb)
	})
}

func readsWholeTable(plan string) bool {
	for line := range strings.Lines(plan) {
		if !strings.Contains(line, "wechat_") && !strings.Contains(line, "SCAN") {
			continue
		}
		// PostgreSQL: "Seq Scan on wechat_deliveries d"; SQLite: "SCAN d", but "SCAN d USING INDEX" walks an index in
		// order, which a LIMIT ends early.
		if strings.Contains(line, "Seq Scan on wechat_") {
			return true
		}
		if slices.ContainsFunc([]string{"VALUES CLAUSE", "CONSTANT ROW", "json_each", "SCAN due", "SCAN chosen", "SCAN batch", "SCAN c\n"}, func(own string) bool {
			return strings.Contains(line, own)
		}) {
			continue // what the statement itself lists, or has chosen
		}
		if strings.HasPrefix(strings.TrimSpace(line), "SCAN") && !strings.Contains(line, "USING") {
			return true
		}
	}
	return false
}

func TestReadsWholeTable(t *testing.T) {
	t.Parallel()
	for plan, want := range map[string]bool{
		"Seq Scan on wechat_deliveries d  (cost=0.00..1)":               true,
		"Index Scan using wechat_deliveries_due on wechat_deliveries d": false,
		"SCAN wechat_deliveries":                                        true,
		"SCAN d USING INDEX wechat_deliveries_due":                      false,
		"SEARCH d USING INDEX wechat_deliveries_due (plugin=?)":         false,
	} {
		require.Equal(t, want, readsWholeTable(plan+"\n"), plan)
	}
}

package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
)

// Every query of the queue must find its rows by an index when 100,000 wait and others are done; a plan that reads the
// whole table is found here and not in production.
func TestQueueQueriesUseAnIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := open(t, url)
		require.NoError(t, db.FillQueue(t.Context(), 100_000, 20_000))
		plan, err := db.Explain(t.Context(), db.QueueQueries()["claim oldest"])
		require.NoError(t, err)
		require.Regexp(t, `(Index Cond: \(|INDEX \S+ \()subject ?=`, plan, "without statistics, too, a subject is looked up by its index")
		require.NoError(t, db.Analyze(t.Context()))
		for name, query := range db.QueueQueries() {
			plan, err := db.Explain(t.Context(), query)
			require.NoError(t, err, name)
			require.False(t, readsWholeTable(plan), "%s:\n%s", name, plan)
		}
		plan, err = db.Explain(t.Context(), "SELECT COUNT(*) FROM wechat_deliveries WHERE last_code = 'x'")
		require.NoError(t, err)
		require.True(t, readsWholeTable(plan), "the negative control is not seen as one:\n%s", plan)
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
		if slices.ContainsFunc([]string{"VALUES CLAUSE", "CONSTANT ROWS", "json_each", "SCAN due", "SCAN chosen"}, func(own string) bool {
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

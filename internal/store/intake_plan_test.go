package store_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

// The intake is planned when its connection is made, which may be before the first order comes, and lives with that plan: it
// must look each order up, whatever the planner knows of the tables.
func TestIntakeLooksOrdersUpWheneverItIsPlanned(t *testing.T) {
	t.Parallel()
	db := open(t, dbtest.Postgres(t))
	looksUp := func(when string) {
		t.Helper()
		plan, err := db.ExplainIntake(t.Context())
		require.NoError(t, err)
		require.False(t, readsWholeTable(plan), "%s:\n%s", when, plan)
		lookUps := 0
		for line := range strings.Lines(plan) {
			if strings.Contains(line, "Index Cond: ((mchid =") && strings.Contains(line, "(out_trade_no =") {
				lookUps++
			}
		}
		require.Equal(t, 2, lookUps, "to compare, and to move: %s:\n%s", when, plan)
	}
	_, err := db.Keep(t.Context(), []store.Incoming{paidFact("unknown", "n")})
	require.NoError(t, err)
	looksUp("nothing known")
	require.NoError(t, db.Vacuum(t.Context()))
	looksUp("known to be empty")
	for i := range 3 {
		_, err := db.InsertOrder(t.Context(), orderRow(fmt.Sprint("o", i)))
		require.NoError(t, err)
	}
	require.NoError(t, db.Vacuum(t.Context()))
	looksUp("known to be small")
}

package store_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

// Behind a pooler that hands out other server connections than those that were prepared, each group of notices brings its
// settings along, in its own transaction, and leaves none behind for other clients.
func TestKeepBehindAPooler(t *testing.T) {
	t.Parallel()
	db, seen := open(t, dbtest.Postgres(t)).Watch()
	keep := func(notice string) []string {
		seen.Take()
		kept, err := db.Keep(t.Context(), []store.Incoming{paidFact("nobody's", notice)})
		require.NoError(t, err)
		require.Equal(t, store.VerdictUnknownOrder, kept[0].Verdict)
		return seen.Take()
	}
	keep("n1")
	require.NoError(t, db.Deallocate(t.Context()))
	texts := keep("n2")
	require.Regexp(t, "^EXECUTE wechat_intake_[0-9a-f]{12} ", texts[0], "no other version prepares that")
	for _, texts := range [][]string{texts[1:], keep("n3")} {
		require.Len(t, texts, 4)
		require.True(t, strings.HasPrefix(texts[0], "BEGIN"), texts[0])
		require.Contains(t, texts[1], "set_config('synchronous_commit', 'on', TRUE)")
		require.True(t, strings.HasPrefix(texts[2], "WITH input"), texts[2])
		require.Equal(t, "COMMIT", texts[3])
	}
}

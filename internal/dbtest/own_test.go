//go:build unix

package dbtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
)

// What was committed is there after the server was killed, and a stopped server goes on where it was.
func TestOwnServerIsKilledAndStopped(t *testing.T) {
	t.Parallel()
	s := dbtest.Own(t, dbtest.Durable)
	db := open(t, s.URL())
	_, err := db.ExecContext(t.Context(), `CREATE TABLE kept AS SELECT 7 AS n`)
	require.NoError(t, err)

	s.Kill()
	require.Error(t, db.PingContext(t.Context()))
	s.Restart()
	after := open(t, s.URL())
	require.Equal(t, "7", one(t, after, `SELECT n::text FROM kept`))

	s.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond) // no answer is a matter of time
	defer cancel()
	_, err = after.ExecContext(ctx, `SELECT 1`)
	require.ErrorContains(t, err, "timeout", "a stopped server answers")
	s.Continue()
	require.NoError(t, after.PingContext(t.Context()))
}

//go:build linux

package e2e

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/wechattest"
)

// A server that turns read-only, as a demoted primary or a full disk makes it, keeps nothing, so nothing is acknowledged.
func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	b := newBed(t, dbtest.Own(t).URL())
	b.start()
	b.sim.HoldNotices(true)
	const orders = 20
	for i := range orders {
		b.pay(orderNumber(i), int64(100+i))
	}
	readOnly := func(value string) {
		for _, statement := range []string{
			"SET default_transaction_read_only = off", "ALTER SYSTEM SET default_transaction_read_only = " + value, "SELECT pg_reload_conf()",
		} {
			_, err := b.inbox.db.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
	}
	b.inbox.db.SetMaxOpenConns(1) // the connection that may write

	readOnly("on")
	b.eventually(func() bool { // the server's processes read their settings when they see fit
		status, _, err := b.ask("/orders", orderRequest{Number: "order-probe", Fen: 1, OpenID: b.sim.Phone("lan").OpenID()})
		return err == nil && status != http.StatusOK
	}, "the database does not turn read-only")
	var sent sync.WaitGroup
	attempts := make([]wechattest.NoticeAttempt, orders)
	for i := range attempts {
		sent.Go(func() { attempts[i], _ = b.sim.SendNotice(t.Context(), orderNumber(i)) })
	}
	sent.Wait()
	for _, attempt := range attempts {
		require.GreaterOrEqual(t, attempt.Status, http.StatusInternalServerError, "%+v", attempt)
		require.LessOrEqual(t, attempt.Latency, answerLimit+answerSlack())
	}
	require.True(t, b.inbox.empty())

	readOnly("off")
	b.sim.HoldNotices(false)
	require.Len(t, b.holds().bookings, orders)
}

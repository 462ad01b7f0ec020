package wechat_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
	"wgink.ink/wechat/wechattest"
)

// An SQLite file that turns read-only keeps nothing, so nothing is acknowledged. Only a host's own pool can be made so while
// it is in use.
func TestSQLiteThatTurnsReadOnly(t *testing.T) {
	t.Parallel()
	url := dbtest.SQLite(t)
	pool := sqlitePool(t, "file:"+strings.TrimPrefix(url, "sqlite:")+durableSQLite, 1)
	b := newBedWith(t, url, nil, []wechat.Option{wechat.WithDB(pool)})
	phone := b.sim.Phone("lan")
	b.sim.HoldNotices(true)
	const orders = 20
	number := func(i int) string { return fmt.Sprintf("order-%04d", i) }
	for i := range orders {
		require.NoError(t, phone.Pay(t.Context(), wechattest.Launch(b.place(phone, number(i), 100).Launch)))
	}
	readOnly := func(value string) {
		_, err := pool.ExecContext(t.Context(), "PRAGMA query_only = "+value)
		require.NoError(t, err)
	}
	within := 2500 * time.Millisecond
	if !lanetest.Full() { // other tests run beside
		within += 1500 * time.Millisecond
	}

	readOnly("on")
	var sent sync.WaitGroup
	attempts := make([]wechattest.NoticeAttempt, orders)
	for i := range attempts {
		sent.Go(func() { attempts[i], _ = b.sim.SendNotice(t.Context(), number(i)) })
	}
	sent.Wait()
	for _, attempt := range attempts {
		require.Equal(t, http.StatusServiceUnavailable, attempt.Status, "%+v", attempt)
		require.LessOrEqual(t, attempt.Latency, within)
	}
	require.Empty(t, b.payEvents())

	readOnly("off")
	b.sim.HoldNotices(false)
	b.allAccepted(orders)
	events := b.payEvents()
	require.Len(t, events, orders)
	for _, e := range events {
		b.awaitDone(e.ID)
	}
}

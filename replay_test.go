package wechat_test

import (
	"database/sql"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// A thousand repeats of one notice over sixteen connections: one event, one hand-over, and after the first nothing is
// written any more.
func TestNoticeReplayedAThousandTimes(t *testing.T) {
	t.Parallel()
	eachBed(t, func(b *bed) {
		const repeats, connections = 1000, 16
		ctx, phone := b.t.Context(), b.sim.Phone("lan")
		b.sim.HoldNotices(true)
		require.NoError(b.t, phone.Pay(ctx, wechattest.Launch(b.place(phone, "order-0001", 1).Launch)))
		genuine, err := b.sim.Notice("order-0001")
		require.NoError(b.t, err)

		accepted := b.replay(genuine, connections, repeats/2)
		require.EqualValues(b.t, repeats/2, accepted)
		event := b.event("payment.succeeded")
		b.awaitDone(event["event"].(string))

		writes := b.writes()
		written := writes()
		accepted = b.replay(genuine, connections, repeats/2)
		require.EqualValues(b.t, repeats/2, accepted)
		require.Equal(b.t, written, writes(), "a repeat writes")
		require.Len(b.t, b.payEvents(), 1)
		require.Empty(b.t, b.events, "it was handed over once")
	})
}

// replay sends one notice until it was answered so many times, but for 503, and counts the answers 204.
func (b *bed) replay(n wechattest.Notice, connections, repeats int) int64 {
	b.t.Helper()
	base := b.client.Transport.(*http.Transport)
	keptAlive := &http.Transport{DialContext: base.DialContext, MaxIdleConnsPerHost: connections}
	defer keptAlive.CloseIdleConnections()
	var (
		work          sync.WaitGroup
		left, answers atomic.Int64
	)
	left.Store(int64(repeats))
	for range connections {
		work.Go(func() {
			for left.Add(-1) >= 0 {
				req, err := n.Request(b.t.Context(), "http://shop.test"+prefix+"/wechat/pay/notice")
				if err != nil {
					return
				}
				resp, err := keptAlive.RoundTrip(req)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				switch resp.StatusCode {
				case http.StatusNoContent:
					answers.Add(1)
				case http.StatusServiceUnavailable:
					left.Add(1) // a busy machine: WeChat sends it again
				}
			}
		})
	}
	work.Wait()
	return answers.Load()
}

// writes gives a number that changes with each write of somebody else to the module's tables.
func (b *bed) writes() func() int64 {
	b.t.Helper()
	// The transactions that last changed a row, by PostgreSQL's hidden column. SQLite counts by itself, for one connection.
	driver, name, query := "pg", b.url, `SELECT (SELECT sum(xmin::text::bigint) FROM wechat_events)
		+ (SELECT sum(xmin::text::bigint) FROM wechat_orders) + (SELECT sum(xmin::text::bigint) FROM wechat_deliveries)`
	if file, ok := strings.CutPrefix(b.url, "sqlite:"); ok {
		driver, name, query = "sqlite", file, "PRAGMA data_version"
	}
	db, err := sql.Open(driver, name)
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, db.Close()) })
	db.SetMaxOpenConns(1)
	return func() (n int64) {
		b.t.Helper()
		require.NoError(b.t, db.QueryRowContext(b.t.Context(), query).Scan(&n))
		return n
	}
}

func (b *bed) awaitDone(event string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		rows, err := b.db.Deliveries(b.t.Context(), event)
		return err == nil && len(rows) == 1 && rows[0].State == "done"
	}, time.Minute, 5*time.Millisecond)
}

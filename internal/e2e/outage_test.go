//go:build linux

package e2e

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
	"wgink.ink/wechat/wechattest"
)

// answerLimit is how long the module lets WeChat wait, which gives up after five seconds.
const answerLimit = 2500 * time.Millisecond

// answerSlack is what the limit is stretched by: other tests run beside. The long lane has the machine to itself.
func answerSlack() time.Duration {
	if lanetest.Full() {
		return 0
	}
	return 1500 * time.Millisecond
}

// While the database does not answer, nothing may be acknowledged, and WeChat must be told in time, so that it comes
// again.
func TestDatabaseOutage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, databaseURL string) {
		t.Parallel()
		hostURL, fail := fallible(t, databaseURL)
		b := newBed(t, databaseURL)
		b.hostURL = hostURL
		b.start()
		b.sim.HoldNotices(true)
		numbers := []string{"order-0001", "order-0002", "order-0003"}
		for _, number := range numbers {
			b.pay(number, 100)
		}
		heal := fail()
		var sent sync.WaitGroup
		attempts := make([]wechattest.NoticeAttempt, len(numbers))
		for i, number := range numbers {
			sent.Go(func() { attempts[i], _ = b.sim.SendNotice(t.Context(), number) })
		}
		sent.Wait()
		heal()
		for _, attempt := range attempts {
			t.Logf("answered %d after %v", attempt.Status, attempt.Latency.Round(time.Millisecond))
			require.GreaterOrEqual(t, attempt.Status, http.StatusInternalServerError, "%+v", attempt)
			require.LessOrEqual(t, attempt.Latency, answerLimit+answerSlack())
		}
		// What was refused may still be kept when the database comes back; then the repeat must not count.
		b.sim.HoldNotices(false)
		require.Len(t, b.holds().bookings, len(numbers))
	})
}

// fallible gives a database another URL, for a host, and a way to begin an outage that only those see who use that URL.
// The answer of fail ends it.
func fallible(t *testing.T, databaseURL string) (hostURL string, fail func() (heal func())) {
	t.Helper()
	if file, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		return databaseURL, func() func() { return lockFile(t, file) }
	}
	address, err := url.Parse(databaseURL)
	require.NoError(t, err)
	between := newProxy(t, address.Host)
	address.Host = between.address()
	return address.String(), between.freeze
}

// lockFile keeps an SQLite file from being written, as a backup or a stuck program would.
func lockFile(t *testing.T, file string) (unlock func()) {
	t.Helper()
	db, err := sql.Open("sqlite", file+"?_pragma=busy_timeout(5000)&_txlock=exclusive")
	require.NoError(t, err)
	tx, err := db.BeginTx(context.Background(), nil)
	require.NoError(t, err)
	unlock = sync.OnceFunc(func() {
		require.NoError(t, tx.Rollback())
		require.NoError(t, db.Close())
	})
	t.Cleanup(unlock) // before the host is stopped, also when the test has failed
	return unlock
}

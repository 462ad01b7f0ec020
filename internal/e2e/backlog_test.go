//go:build linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
)

const (
	backlogPace  = 50 * time.Millisecond // between two new notices while a backlog is worked off
	backlogChunk = 10_000                // rows of one INSERT
)

// A host that was away finds a hundred thousand events in its queue, and answers new notices as ever while it works
// them off.
func TestBacklog(t *testing.T) {
	t.Parallel()
	lanetest.Storm(t)
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		drain(t, dbtest.SQLite(t), 6*time.Minute)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		drain(t, dbtest.Own(t, dbtest.Durable).URL(), 4*time.Minute)
	})
}

func drain(t *testing.T, url string, within time.Duration) {
	t.Helper()
	rows, unhurried := 300, 10 // the short lane shares the machine with other tests, and has the race detector
	if lanetest.Full() {
		rows, unhurried = 100_000, 1
	}
	b := newBed(t, url)
	b.durable, b.workers, b.lease, b.plugin.Quick, b.quiet = true, 8, "", true, true
	b.start()
	b.pay("order-000000", 100)
	b.eventually(func() bool { return b.books.booked(paymentKind, "order-000000") == 1 }, "the first one")
	b.host.stop()
	b.inbox.copyEvents(t, rows)
	b.start()

	began, fresh := time.Now(), 0
	pace := time.NewTicker(backlogPace)
	defer pace.Stop()
	for b.inbox.waiting(t) > 0 && time.Since(began) < within*time.Duration(unhurried) {
		for range 20 { // then look again
			fresh++
			b.pay(fmt.Sprintf("new-%06d", fresh), 100)
			<-pace.C
		}
	}
	took := time.Since(began)
	left := b.inbox.waiting(t)
	t.Logf("%d of %d rows drained in %v", rows-left, rows, took.Round(time.Millisecond))
	require.Zero(t, left, "not worked off after %v", took)
	b.eventually(func() bool { return b.books.count("bookings") == 1+rows+fresh }, "everything is booked once")

	latencies, ages := b.newOnes()
	p99, oldest, memory := latencies[len(latencies)*99/100], ages[len(ages)-1], peakMemory(t, b.host.cmd.Process.Pid)
	text := fmt.Sprintf("%d rows drained in %v; %d new notices: answers p50 %v, p99 %v; oldest new event %v; RSS at most %d MiB",
		rows, took.Round(time.Millisecond), fresh, latencies[len(latencies)/2].Round(100*time.Microsecond),
		p99.Round(100*time.Microsecond), oldest.Round(time.Millisecond), memory>>20)
	t.Log(text)
	note(t, report{Deliveries: rows + fresh, Bookings: b.books.count("bookings"), Handovers: b.books.handovers(), Took: took, Notes: text})
	require.LessOrEqual(t, p99, time.Duration(unhurried)*250*time.Millisecond)
	if lanetest.Full() { // with the race detector new events alone are more than the machine can do
		require.LessOrEqual(t, oldest, 5*time.Second)
	}
	require.LessOrEqual(t, memory>>20, 256*unhurried)
}

// copyEvents queues so many events like the only one that is there, each about another order.
func (i *inbox) copyEvents(t *testing.T, count int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	series, number, payload := "(SELECT n FROM generate_series(%d, %d) AS g(n)) AS g", "lpad(n::text, 6, '0')",
		"convert_to(replace(convert_from(payload, 'UTF8'), 'order-000000', 'old-' || %s), 'UTF8')"
	if strings.HasPrefix(i.url, "sqlite:") {
		series, number, payload = "(WITH RECURSIVE g(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM g WHERE n < %d) SELECT n FROM g) AS g",
			"printf('%06d', n)", "CAST(replace(CAST(payload AS TEXT), 'order-000000', 'old-' || %s) AS BLOB)"
	}
	payload = fmt.Sprintf(payload, number)
	for from := 1; from <= count; from += backlogChunk {
		of := fmt.Sprintf(series, from, min(from+backlogChunk-1, count))
		for _, statement := range []string{
			`INSERT INTO wechat_events (id, kind, wechat_type, mchid, business_key, subject, verdict, compared, payload, occurred_at, created_at)
				SELECT 'old-' || ` + number + `, kind, wechat_type, mchid, 'old-' || ` + number + `, 'old-' || ` + number + `, verdict, compared,
				` + payload + `, occurred_at, created_at FROM wechat_events, ` + of + ` WHERE subject = 'order-000000'`,
			`INSERT INTO wechat_deliveries (event_id, plugin, subject, state, wake_at, since_at, created_at, updated_at)
				SELECT 'old-' || ` + number + `, plugin, 'old-' || ` + number + `, 'pending', created_at, since_at, created_at, updated_at
				FROM wechat_deliveries, ` + of + ` WHERE subject = 'order-000000'`,
		} {
			_, err := i.db.ExecContext(ctx, statement)
			require.NoError(t, err)
		}
	}
}

// waiting is how much of the backlog is not done.
func (i *inbox) waiting(t *testing.T) (n int) {
	t.Helper()
	return i.open(t, "old-%")
}

// open is how many deliveries of such subjects are not done.
func (i *inbox) open(t *testing.T, subjects string) (n int) {
	t.Helper()
	require.NoError(t, i.db.QueryRowContext(t.Context(),
		"SELECT count(*) FROM wechat_deliveries WHERE state IN ('pending', 'running') AND subject LIKE '"+subjects+"'").Scan(&n))
	return n
}

// newOnes are, of the notices that came during a drain, how long their answers took, and how long the plugin's handling
// came after the answer; both sorted.
func (b *bed) newOnes() (latencies, ages []time.Duration) {
	b.t.Helper()
	handled := b.books.bookedAt()
	for _, a := range b.sim.Attempts("") {
		if strings.HasPrefix(a.OutTradeNo, "new-") {
			require.Empty(b.t, a.Error)
			latencies = append(latencies, a.Latency)
			ages = append(ages, handled[a.OutTradeNo].Sub(a.At.Add(a.Latency)))
		}
	}
	slices.Sort(latencies)
	slices.Sort(ages)
	return latencies, ages
}

// peakMemory is the most memory that a process ever had, in bytes.
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(t, err)
	return kib << 10
}

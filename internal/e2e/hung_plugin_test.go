//go:build linux

package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
)

// A plugin that hangs costs WeChat nothing: the notices of a host with such a plugin are answered as fast as those of
// one with a good plugin. Both are asked in turns, so that a busy machine slows both.
func TestHungPluginDoesNotSlowAnswers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		const (
			busy  = 6 // more than the plugin takes at once
			slack = 50 * time.Millisecond
		)
		measured := 21
		if lanetest.Full() {
			measured = 300
		}
		good, hung := newBed(t, url), newBed(t, another(t, url))
		hung.plugin.Hang = hung.path("hang")
		hung.turn(hung.plugin.Hang)
		for _, b := range []*bed{good, hung} {
			b.start()
			b.sim.HoldNotices(true)
			for i := range busy + measured {
				b.pay(fmt.Sprintf("order-%04d", i), 100)
			}
			for i := range busy {
				b.answerTime(i)
			}
			b.awaitHandover(4) // of the hung one's hand-overs, these fill it
		}
		var goodTimes, hungTimes []time.Duration
		for i := range measured {
			goodTimes = append(goodTimes, good.answerTime(busy+i))
			hungTimes = append(hungTimes, hung.answerTime(busy+i))
		}
		require.GreaterOrEqual(t, hung.books.handovers(), 4, "it did hang meanwhile") // more when an event's time was over
		base, got := median(goodTimes), median(hungTimes)
		t.Logf("median answer: %v with a good plugin, %v with a hung one (slowest %v and %v)",
			base, got, slices.Max(goodTimes), slices.Max(hungTimes))
		require.LessOrEqual(t, got, 3*base+slack)
		if lanetest.Full() { // nothing runs beside
			p99 := slices.Sorted(slices.Values(hungTimes))[measured*99/100]
			require.LessOrEqual(t, p99, 250*time.Millisecond)
			note(t, report{Deliveries: busy + measured, Notes: fmt.Sprintf("answers beside a plugin that hangs: median %v, p99 %v; beside a good one %v",
				got.Round(10*time.Microsecond), p99.Round(10*time.Microsecond), base.Round(10*time.Microsecond))})
		}

		require.NoError(t, os.Remove(hung.plugin.Hang))
		hung.killPlugin(hung.awaitHandover(4))
		for _, b := range []*bed{good, hung} {
			require.Len(t, b.holds().bookings, busy+measured)
		}
	})
}

// answerTime sends one notice, which must be acknowledged, and returns how long that took.
func (b *bed) answerTime(order int) time.Duration {
	b.t.Helper()
	attempt, err := b.sim.SendNotice(b.t.Context(), fmt.Sprintf("order-%04d", order))
	require.NoError(b.t, err)
	require.True(b.t, attempt.Accepted(), "%+v", attempt)
	return attempt.Latency
}

func median(times []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(times))[len(times)/2]
}

// another is a second fresh database of the same kind.
func another(t *testing.T, url string) string {
	t.Helper()
	if strings.HasPrefix(url, "sqlite:") {
		return dbtest.SQLite(t)
	}
	return dbtest.Postgres(t)
}

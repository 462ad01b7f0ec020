//go:build linux

package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/wechattest"
)

// Hosts and a plugin die in the middle of a flood of notices. Nobody can say which of them were being written at that
// moment; in the end that must not matter.
func TestFloodSurvivesKills(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		b := newBed(t, url, wechattest.WithRetrySpeed(120))
		b.start()
		orders := 0
		for range 2 {
			orders += b.killInAFlood(orders)
		}
		b.killPlugin(b.awaitHandover(30))

		e := b.holds()
		require.Len(t, e.bookings, orders)
		require.Greater(t, len(e.attempts), orders, "what was not answered came again")
		t.Logf("%d attempts, %d hand-overs, %d bookings", len(e.attempts), b.books.handovers(), len(e.bookings))

		for i := range 5 { // and once more, as WeChat may at any time
			attempt, err := b.sim.SendNotice(t.Context(), fmt.Sprintf("order-%04d", i))
			require.NoError(t, err)
			require.True(t, attempt.Accepted())
		}
		require.Len(t, b.holds().events, orders)
		requireOneRunFolder(b)
	})
}

// killInAFlood kills the host while notices of new orders flow, numbered from first, and starts it again. It returns how
// many orders that took: a wave that is over before the kill proves nothing, and another one follows.
func (b *bed) killInAFlood(first int) (orders int) {
	b.t.Helper()
	const wave, waves = 25, 8
	for range waves {
		b.sim.HoldNotices(true)
		for range wave {
			b.pay(fmt.Sprintf("order-%04d", first+orders), int64(100+first+orders))
			orders++
		}
		before := b.acknowledgements()
		b.sim.HoldNotices(false)
		b.eventually(func() bool { return b.acknowledgements() >= before+5 }, "the flood does not flow")
		b.host.kill()
		flowed := b.acknowledgements() - before
		requireNoOrphan(b)
		b.start()
		b.t.Logf("killed a host after %d acknowledgements of %d", flowed, wave)
		if flowed < wave {
			return orders
		}
	}
	require.FailNow(b.t, "each wave was over before the kill")
	return orders
}

// acknowledgements is how many notices were answered with 2xx so far.
func (b *bed) acknowledgements() (n int) {
	for _, a := range b.sim.Attempts("") {
		if a.Accepted() {
			n++
		}
	}
	return n
}

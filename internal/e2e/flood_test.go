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
		const orders = 50
		b := newBed(t, url, wechattest.WithRetrySpeed(120))
		b.start()
		b.sim.HoldNotices(true)
		for i := range orders {
			b.pay(fmt.Sprintf("order-%04d", i), int64(100+i))
		}
		b.sim.HoldNotices(false)

		for _, answered := range []int{10, 25} {
			b.eventually(func() bool { return b.acknowledgements() >= answered }, "the flood does not flow")
			b.host.kill()
			before := b.acknowledgements()
			require.Less(t, before, orders, "the flood was over before the kill: this proves nothing")
			requireNoOrphan(b)
			b.start()
			t.Logf("killed a host after %d of %d acknowledgements", before, orders)
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

// acknowledgements is how many notices were answered with 2xx so far.
func (b *bed) acknowledgements() (n int) {
	for _, a := range b.sim.Attempts("") {
		if a.Accepted() {
			n++
		}
	}
	return n
}

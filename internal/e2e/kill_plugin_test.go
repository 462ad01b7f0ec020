//go:build linux

package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
)

// Between the notice and the handling there is nobody but the database who knows of the event.
func TestPluginKilledBeforeItsEffect(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		b := newBed(t, url)
		b.plugin.Gate = b.path("gate")
		b.start()
		b.pay("order-0001", 1250)
		b.awaitAcknowledged("order-0001")
		first := b.awaitHandover(1)
		b.killPlugin(first)
		b.turn(b.plugin.Gate)

		e := b.holds()
		require.Len(t, e.bookings, 1)
		require.Equal(t, 1, e.deliveries[0].Crashes)
		require.Zero(t, e.deliveries[0].Failures, "a crash says nothing about the event")
		require.Equal(t, 2, b.books.handovers(), "the event came again")
		require.NotEqual(t, []int{first}, e.plugins)
	})
}

// The worst moment: money is booked, and nobody was told.
func TestPluginDiesAfterItsEffect(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		b := newBed(t, url)
		b.plugin.DieAfterEffect = true
		b.start()
		b.pay("order-0001", 1250)

		e := b.holds()
		require.Len(t, e.bookings, 1)
		require.Equal(t, 2, b.books.handovers(), "the event came again, and found its effect")
		require.Equal(t, 1, e.deliveries[0].Crashes)
	})
}

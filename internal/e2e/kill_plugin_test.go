//go:build linux

package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
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

// T42: a plugin that dies at every tenth call: the pauses between its lives grow, the queue waits, and each event has its
// effect once. Those that were in its hands are tried one at a time, and none of them is taken for the cause.
func TestPluginDiesAtEveryTenthCall(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		orders, deaths := 30, 3
		if lanetest.Full() {
			orders, deaths = 60, 6
		}
		b := newBed(t, url)
		b.plugin.DieEvery = 10
		b.start()
		for i := range orders {
			b.pay(fmt.Sprintf("order-%04d", i), 100)
		}
		e := b.holds()
		require.Len(t, e.bookings, orders)
		require.GreaterOrEqual(t, b.books.handovers(), orders+deaths, "the negative control: it did die, with events in its hands")
		for _, d := range e.deliveries {
			require.Zero(t, d.Failures)
		}
	})
}

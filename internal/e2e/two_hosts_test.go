//go:build linux

package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
)

// Two hosts share the work over one PostgreSQL, though their clocks are four minutes apart and both are killed again and
// again.
func TestTwoHosts(t *testing.T) {
	t.Parallel()
	events, kills, least := 500, 6, 0.2 // of so few, chance has its part
	if lanetest.Full() {
		events, kills, least = 5000, 30, 0.3
	}
	seed, random := lanetest.Seeded(t, "./internal/e2e")
	one := newBed(t, dbtest.Postgres(t))
	one.plugin.Gate = one.path("gate")
	one.turn(one.plugin.Gate)
	one.skew, one.hosts = 2*time.Minute, 2
	two := one.twin(-2 * time.Minute)
	one.start()
	two.start()
	pair := []*bed{one, two}

	one.sim.HoldNotices(true)
	deliveries := make([]delivery, events)
	for i := range deliveries {
		deliveries[i].order = orderNumber(i)
		require.NoError(t, pair[i%2].place(orderNumber(i), int64(100+i), true))
	}
	began := time.Now()
	one.begin(events)
	share := events / (kills + 1)
	for i := range kills {
		one.flood.release(deliveries[:share], time.Duration(300+random.IntN(700))*time.Millisecond)
		deliveries = deliveries[share:]
		victim := pair[i%2]
		victim.host.kill()
		<-time.After(time.Duration(random.IntN(1500)) * time.Millisecond) // the other one is alone
		victim.start()
	}
	one.flood.release(deliveries, time.Second)
	require.True(t, one.flood.settle(2*time.Minute))
	e := one.holds()
	require.Len(t, e.bookings, events)
	took := time.Since(began)

	first, second := handoversOf(one), handoversOf(two)
	part := float64(min(first, second)) / float64(first+second)
	require.Greater(t, part, least, "hand-overs by the hosts: %d and %d", first, second)
	over := takeOver(t, random, pair)
	within := 3 * time.Second
	if !lanetest.Full() {
		within *= 5 // other tests run beside
	}
	require.LessOrEqual(t, over, within)
	stopBoth(pair)
	t.Logf("%d events, %d kills, hand-overs %d and %d, taken over %v after a kill", events, kills, first, second, over)
	note(t, report{Seed: seed, Deliveries: events, Kills: kills, Handovers: first + second, Events: len(e.events), Bookings: len(e.bookings),
		Took: took, Notes: fmt.Sprintf("hand-overs by host: %d and %d; clocks 240 s apart; taken over %v after a kill with a lease of 1 s",
			first, second, over.Round(time.Millisecond))})
}

// With the default lease the other host goes on within 25 seconds.
func TestTakeOverByDefault(t *testing.T) {
	t.Parallel()
	if !lanetest.Full() {
		t.Skip("takes 25 seconds: only in the long lane (" + lanetest.FullEnv + ")")
	}
	seed, random := lanetest.Seeded(t, "./internal/e2e")
	one := newBed(t, dbtest.Postgres(t))
	one.plugin.Gate, one.lease, one.hosts = one.path("gate"), "", 2
	two := one.twin(0)
	one.start()
	two.start()
	pair := []*bed{one, two}
	over := takeOver(t, random, pair)
	require.LessOrEqual(t, over, 25*time.Second)
	stopBoth(pair)
	note(t, report{Seed: seed, Took: over, Notes: "the other host had done the work of a killed one, default lease of 20 s"})
}

// twin is another host on the same database, with the same plugin.
func (b *bed) twin(skew time.Duration) *bed {
	b.t.Helper()
	other := *b
	other.addr, other.runDir, other.skew, other.runs = reservePort(b.t), "run2", skew, nil
	require.NoError(b.t, os.Mkdir(other.path(other.runDir), 0o700))
	return &other
}

// stopBoth stops two hosts in order and leaves it to the first one's bed to look through what both left.
func stopBoth(pair []*bed) {
	for _, b := range pair {
		b.host.stop()
	}
	pair[0].runs = append(pair[0].runs, pair[1].runs...)
	require.Empty(pair[0].t, filesBelow(pair[1].path(pair[1].runDir)))
}

// handoversOf counts what a bed's hosts gave to their plugins.
func handoversOf(b *bed) (sum int) {
	for _, run := range b.runs {
		var n int
		require.NoError(b.t, b.books.db.QueryRowContext(context.Background(),
			"SELECT count(*) FROM handovers WHERE host = ?", run.cmd.Process.Pid).Scan(&n))
		sum += n
	}
	return sum
}

// takeOver kills a host while its plugin has an event, and measures until the other one's has done it.
func takeOver(t *testing.T, random *rand.Rand, pair []*bed) time.Duration {
	t.Helper()
	one := pair[0]
	_ = os.Remove(one.plugin.Gate)
	order, before := "take-over", one.books.handovers()
	require.NoError(t, pair[random.IntN(2)].place(order, 100, true))
	require.True(t, eventuallyTrue(limit, func() bool { return one.delivers(delivery{order: order}) }))
	one.eventually(func() bool { return one.books.handovers() > before }, "no plugin gets the event")
	var owner int
	require.NoError(t, one.books.db.QueryRowContext(t.Context(), "SELECT host FROM handovers ORDER BY rowid DESC LIMIT 1").Scan(&owner))
	victim := pair[0]
	if pair[1].host.cmd.Process.Pid == owner {
		victim = pair[1]
	}
	require.Equal(t, owner, victim.host.cmd.Process.Pid)
	began := time.Now()
	victim.host.kill()
	one.eventually(func() bool { return len(pluginProcesses(one.dir)) == 1 }, "the killed host's plugin lives on")
	one.turn(one.plugin.Gate)
	one.eventually(func() bool { return one.books.booked(paymentKind, order) == 1 }, "the event is never taken over")
	took := time.Since(began)
	victim.start()
	return took
}

//go:build linux

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
)

// Everything is killed, stopped and cut in the midst of a flood; in the end each payment has had its effect once.
func TestChaos(t *testing.T) {
	t.Parallel()
	lanetest.Storm(t)
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		size := chaosSize{deliveries: 500, faults: map[string]int{killHost: 7, killPlugin: 6, stopPlugin: 1}}
		if lanetest.Full() {
			size = chaosSize{deliveries: 10_000, faults: map[string]int{killHost: 80, killPlugin: 75, stopPlugin: 10}}
		}
		b := newBed(t, dbtest.SQLite(t))
		(&nemesis{bed: b}).run(size)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		size := chaosSize{deliveries: 500, faults: map[string]int{
			killHost: 5, killPlugin: 4, killServer: 4, stopPlugin: 1, stopServer: 1, loseAnswers: 3,
		}}
		if lanetest.Full() {
			size = chaosSize{deliveries: 10_000, faults: map[string]int{
				killHost: 65, killPlugin: 60, killServer: 32, stopPlugin: 10, stopServer: 10, loseAnswers: 30,
			}}
		}
		server := dbtest.Own(t, dbtest.Durable)
		n := &nemesis{bed: newBed(t, server.URL()), server: server}
		n.behindProxy()
		n.run(size)
	})
}

// chaosSize is how much is sent and how often each fault strikes.
type chaosSize struct {
	deliveries int
	faults     map[string]int
}

// run is one storm from the first order to the verdict.
func (n *nemesis) run(size chaosSize) {
	n.t.Helper()
	var seed uint64
	seed, n.random = lanetest.Seeded(n.t, "./internal/e2e")
	n.durable, n.pause, n.done = true, 3*time.Second, map[string]int{}
	n.bed.start()
	began := time.Now()
	deliveries := n.plan(n.random, size.deliveries)
	placed := time.Since(began)
	n.begin(len(deliveries))

	n.rage(shuffled(n.random, size.faults), deliveries)
	raged := time.Since(began) - placed
	require.True(n.t, n.flood.settle(2*time.Minute), "WeChat still waits for answers: %v", n.flood)
	require.Empty(n.t, n.flood.problems)
	e := n.holds()
	n.host.stop() // in order, while there is a database to give its leases back to
	n.t.Logf("seed %d: %d deliveries, %v; faults %v: %d kills; %d hand-overs, %d bookings; placed in %v, raged %v, over after %v", seed,
		len(deliveries), n.flood, n.done, n.kills(), n.books.handovers(), len(e.bookings),
		placed.Round(time.Millisecond), raged.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	note(n.t, report{Seed: seed, Deliveries: len(deliveries), Flood: n.flood.String(), Faults: n.done, Kills: n.kills(),
		Handovers: n.books.handovers(), Events: len(e.events), Bookings: len(e.bookings), Took: time.Since(began)})
}

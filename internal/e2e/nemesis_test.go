//go:build linux

package e2e

import (
	"maps"
	"math/rand/v2"
	"net/url"
	"sync"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
)

// The faults. Kills are SIGKILL.
const (
	killHost    = "kill host"
	killPlugin  = "kill plugin"
	killServer  = "kill PostgreSQL"
	stopPlugin  = "stop plugin"
	stopServer  = "stop PostgreSQL"
	loseAnswers = "cut answers after commits"
)

// nemesis breaks things, one after the other.
type nemesis struct {
	*bed

	random *rand.Rand
	server *dbtest.Server // nil on SQLite
	proxy  *proxy         // between host and server
	pause  time.Duration  // how long something is stopped
	done   map[string]int
}

// behindProxy gives the host's connections to the server a place where they can be cut.
func (n *nemesis) behindProxy() {
	address, err := url.Parse(n.server.URL())
	require.NoError(n.t, err)
	n.proxy = newProxy(n.t, address.Host)
	address.Host = n.proxy.address()
	n.hostURL = address.String()
}

// strike does what a card says; false when it cannot be done now.
func (n *nemesis) strike(card string) bool {
	n.t.Helper()
	require.True(n.t, n.host.running(), "the host ended by itself: %v", n.host.status)
	switch card {
	case killHost:
		n.host.kill()
		n.start()
	case killPlugin, stopPlugin:
		pids := pluginProcesses(n.dir)
		if len(pids) == 0 {
			return false // it is between two lives
		}
		if card == killPlugin {
			_ = syscall.Kill(pids[0], syscall.SIGKILL)
			break
		}
		_ = syscall.Kill(pids[0], syscall.SIGSTOP)
		time.AfterFunc(n.pause, func() { _ = syscall.Kill(pids[0], syscall.SIGCONT) })
	case killServer:
		n.server.Kill()
		<-time.After(time.Duration(n.random.IntN(200)) * time.Millisecond)
		n.server.Restart()
	case stopServer:
		n.server.Stop()
		<-time.After(n.pause)
		n.server.Continue()
	case loseAnswers:
		n.proxy.cutAnswers(3)
	default:
		require.FailNow(n.t, card)
	}
	n.done[card]++
	return true
}

// rage plays a deck of faults, and around each of them lets go a share of the flood.
func (n *nemesis) rage(deck []string, deliveries []delivery) {
	n.t.Helper()
	share := len(deliveries) / (len(deck) + 1)
	for refused := 0; len(deck) > 0; {
		card := deck[0]
		some := deliveries[:min(share, len(deliveries))]
		deck, deliveries = deck[1:], deliveries[len(some):]
		gap := time.Duration(300+n.random.IntN(1200)) * time.Millisecond
		var sent sync.WaitGroup
		sent.Go(func() { n.flood.release(some, gap) })
		<-time.After(time.Duration(n.random.Int64N(int64(gap)))) // in the midst of it
		struck := n.strike(card)
		sent.Wait()
		if refused++; struck {
			refused = 0
			continue
		}
		require.Less(n.t, refused, 100, "there is no plugin to kill")
		deck = append(deck, card)
	}
	n.flood.release(deliveries, time.Second)
	if n.proxy != nil {
		n.proxy.cutAnswers(0) // what was not lost by now is not lost any more
	}
}

// kills is how many processes or groups were killed.
func (n *nemesis) kills() (sum int) {
	for card, count := range maps.All(n.done) {
		if card == killHost || card == killPlugin || card == killServer {
			sum += count
		}
	}
	return sum
}

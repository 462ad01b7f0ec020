//go:build linux

package e2e

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/wechattest"
)

// evidence is what is known after a run, from four sides that share nothing: WeChat's orders and journal, the module's
// tables, the plugin's ledger, and the process table.
type evidence struct {
	orders     []wechattest.Order         // as WeChat keeps them
	attempts   []wechattest.NoticeAttempt // what WeChat sent and was answered
	refunds    map[string]int64           // what WeChat told was paid back, by order
	events     []store.Event              // the module's inbox: what came from WeChat Pay
	deliveries []store.Delivery           // and its queue
	bookings   []booking                  // what took effect
	plugins    []int                      // processes
	hosts      int                        // that are meant to run; 0 is one
}

func (b *bed) evidence() (e evidence, err error) {
	e.orders, e.refunds = b.sim.Orders(), maps.Clone(b.refunds)
	e.attempts, e.hosts = b.journal(), b.hosts
	e.plugins = pluginProcesses(b.dir)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if e.events, err = b.inbox.events(ctx); err != nil {
		return e, err
	}
	if e.deliveries, err = b.inbox.deliveries(ctx); err != nil {
		return e, err
	}
	e.bookings, err = b.books.bookings()
	return e, err
}

// holds waits until every promise is kept, and returns the evidence. What is lost stays lost and fails at the limit.
func (b *bed) holds() (e evidence) {
	b.t.Helper()
	var broken []string
	kept := eventuallyTrue(limit, func() bool {
		var err error
		if e, err = b.evidence(); err != nil {
			broken = []string{err.Error()}
			return false
		}
		broken = e.violations()
		return len(broken) == 0
	})
	require.True(b.t, kept, "broken promises:\n%s", strings.Join(broken, "\n"))
	return e
}

// eventuallyTrue looks again and again until the condition holds, or the time is over.
func eventuallyTrue(within time.Duration, reached func() bool) bool {
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for over := time.After(within); ; {
		if reached() {
			return true
		}
		select {
		case <-look.C:
		case <-over:
			return false
		}
	}
}

// journal is what WeChat sent and was answered. WeChat itself forgets after 10,000 deliveries, so a flood keeps its own.
func (b *bed) journal() []wechattest.NoticeAttempt {
	if b.flood != nil {
		return b.flood.journal()
	}
	return b.sim.Attempts("")
}

func acknowledged(attempts []wechattest.NoticeAttempt) bool {
	for _, a := range attempts {
		if a.Accepted() {
			return true
		}
	}
	return false
}

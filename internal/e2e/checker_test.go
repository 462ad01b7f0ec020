//go:build linux

package e2e

import (
	"context"
	"fmt"
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
	events     []store.Event              // the module's inbox: what came from WeChat Pay
	deliveries []store.Delivery           // and its queue
	bookings   []booking                  // what took effect
	plugins    []int                      // processes
}

func (b *bed) evidence() (e evidence, err error) {
	e.orders, e.attempts, e.plugins = b.sim.Orders(), b.sim.Attempts(""), pluginProcesses(b.path("plugins"))
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	all, err := b.db.Events(ctx, 100_000)
	if err != nil {
		return e, err
	}
	for _, event := range all {
		if event.WeChatType == "" {
			continue // what users did is not sent to a plugin that is there for payments
		}
		e.events = append(e.events, event)
		rows, err := b.db.Deliveries(ctx, event.ID)
		if err != nil {
			return e, err
		}
		e.deliveries = append(e.deliveries, rows...)
	}
	e.bookings, err = b.books.bookings()
	return e, err
}

// violations are the broken promises, empty when all hold. They are judged when everything should be over: each paid
// order is acknowledged by then, so nothing is left that may be either way.
func (e evidence) violations() (broken []string) {
	report := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
	kept, known := map[string]bool{}, map[string]bool{}
	for _, event := range e.events {
		known[event.ID] = true
		if event.Verdict == store.VerdictOK {
			kept[event.Subject] = true
		}
	}
	var paidFen, bookedFen int64
	price := map[string]int64{}
	for _, order := range e.orders {
		if order.State != wechattest.Paid {
			continue
		}
		paidFen += order.TotalFen
		price[order.OutTradeNo] = order.TotalFen
		switch {
		case !acknowledged(e.attemptsOf(order.OutTradeNo)):
			report("order %s: WeChat still waits for an acknowledgement", order.OutTradeNo)
		case !kept[order.OutTradeNo]:
			report("order %s: lost: acknowledged, but not in the inbox", order.OutTradeNo)
		}
	}
	for _, d := range e.deliveries {
		if d.State != store.Done && d.State != store.Dead {
			report("event %s: stuck: its delivery is %s", d.EventID, d.State)
		}
	}
	booked := map[string]int{}
	for _, one := range e.bookings {
		bookedFen += one.Fen
		booked[one.EventID]++
		if !known[one.EventID] {
			report("event %s: booked, but nobody sent it", one.EventID)
		}
		if fen := price[one.OrderNo]; fen != one.Fen {
			report("order %s: paid are %d fen, booked are %d", one.OrderNo, fen, one.Fen)
		}
	}
	for _, event := range e.events {
		n, deliver := booked[event.ID], event.Verdict == store.VerdictOK
		switch {
		case deliver && n == 0:
			report("event %s: lost: never booked", event.ID)
		case !deliver && n > 0:
			report("event %s: booked, though quarantined", event.ID)
		case n > 1:
			report("event %s: double: booked %d times", event.ID, n)
		}
	}
	if paidFen != bookedFen {
		report("sum: paid are %d fen, booked are %d", paidFen, bookedFen)
	}
	if len(e.plugins) > 1 {
		report("leftover: plugin processes %v, one is meant to run", e.plugins)
	}
	return broken
}

func (e evidence) attemptsOf(number string) (some []wechattest.NoticeAttempt) {
	for _, a := range e.attempts {
		if a.OutTradeNo == number {
			some = append(some, a)
		}
	}
	return some
}

func acknowledged(attempts []wechattest.NoticeAttempt) bool {
	for _, a := range attempts {
		if a.Accepted() {
			return true
		}
	}
	return false
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

//go:build linux

package e2e

import (
	"fmt"

	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/wechattest"
)

// verdict collects the broken promises while the evidence is read.
type verdict struct {
	evidence

	broken []string
	acked  map[string]bool  // paid orders whose notice was acknowledged
	price  map[string]int64 // of the paid orders
	booked map[string]int   // how often, by event
}

// violations are the broken promises, empty when all hold. They are judged when everything should be over: each paid
// order is acknowledged by then, so nothing is left that may be either way.
func (e evidence) violations() []string {
	v := verdict{evidence: e, acked: map[string]bool{}, price: map[string]int64{}, booked: map[string]int{}}
	for _, a := range e.attempts {
		v.acked[a.OutTradeNo] = v.acked[a.OutTradeNo] || a.Accepted()
	}
	v.judgeOrders()
	v.judgeQueue()
	v.judgeBookings()
	v.judgeEvents()
	if len(e.plugins) > max(e.hosts, 1) {
		v.reportf("leftover: plugin processes %v, one is meant to run for each host", e.plugins)
	}
	return v.broken
}

func (v *verdict) reportf(format string, args ...any) {
	v.broken = append(v.broken, fmt.Sprintf(format, args...))
}

// judgeOrders: what was acknowledged is kept, and nothing is kept that nobody paid.
func (v *verdict) judgeOrders() {
	kept := map[string]bool{}
	for _, event := range v.events {
		if event.Kind == paymentKind && event.Verdict == store.VerdictOK {
			kept[event.Subject] = true
		}
	}
	for _, order := range v.orders {
		number := order.OutTradeNo
		if order.State != wechattest.Paid {
			if kept[number] {
				v.reportf("order %s: forged: a payment is kept as good, and nobody paid", number)
			}
			continue
		}
		v.price[number] = order.TotalFen
		switch {
		case !v.acked[number]:
			v.reportf("order %s: WeChat still waits for an acknowledgement", number)
		case !kept[number]:
			v.reportf("order %s: lost: acknowledged, but not in the inbox", number)
		}
	}
}

// judgeQueue: everything came to its end, and was queued once.
func (v *verdict) judgeQueue() {
	queued := map[string]int{}
	for _, d := range v.deliveries {
		if d.State != store.Done && d.State != store.Dead {
			v.reportf("event %s: stuck: its delivery is %s", d.EventID, d.State)
		}
		if queued[d.EventID+" "+d.Plugin]++; queued[d.EventID+" "+d.Plugin] == 2 {
			v.reportf("event %s: double: queued twice for %s", d.EventID, d.Plugin)
		}
	}
}

// judgeBookings: each effect has its cause, and the sums agree.
func (v *verdict) judgeBookings() {
	known := map[string]bool{}
	for _, event := range v.events {
		known[event.ID] = true
	}
	var paidFen, bookedFen int64
	for _, fen := range v.price {
		paidFen += fen
	}
	back := map[string]int64{}
	for _, one := range v.bookings {
		v.booked[one.EventID]++
		if !known[one.EventID] {
			v.reportf("event %s: booked, but nobody sent it", one.EventID)
		}
		switch one.Kind {
		case paymentKind:
			bookedFen += one.Fen
			if fen := v.price[one.OrderNo]; fen != one.Fen {
				v.reportf("order %s: paid are %d fen, booked are %d", one.OrderNo, fen, one.Fen)
			}
		case refundKind:
			back[one.OrderNo] += one.Fen
		}
	}
	for number, fen := range back {
		if fen > v.price[number] {
			v.reportf("order %s: more is booked back than was paid: %d of %d fen", number, fen, v.price[number])
		}
	}
	for number, fen := range v.refunds {
		if back[number] != fen {
			v.reportf("order %s: paid back are %d fen, booked back are %d", number, fen, back[number])
		}
	}
	if paidFen != bookedFen {
		v.reportf("sum: paid are %d fen, booked are %d", paidFen, bookedFen)
	}
}

// judgeEvents: what is good took effect once, the rest never.
func (v *verdict) judgeEvents() {
	seen := map[string]int{}
	for _, event := range v.events {
		if seen[event.ID]++; seen[event.ID] > 1 {
			v.reportf("event %s: double: kept %d times", event.ID, seen[event.ID])
			continue
		}
		n, deliver := v.booked[event.ID], event.Verdict == store.VerdictOK
		switch {
		case deliver && n == 0:
			v.reportf("event %s: lost: never booked", event.ID)
		case !deliver && n > 0:
			v.reportf("event %s: booked, though quarantined", event.ID)
		case n > 1:
			v.reportf("event %s: double: booked %d times", event.ID, n)
		}
	}
}

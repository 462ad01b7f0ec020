package wechattest

import "time"

// payLater lets a payment arrive at a later moment, whatever becomes of the order until then.
func (st *state) payLater(order *orderRecord, at time.Time) {
	order.PaysAt = at
	st.index.paying[order.OutTradeNo] = struct{}{}
}

// settleDue does what the clock makes due: late payments arrive, refunds end.
func (s *Simulator) settleDue() {
	now := s.settings.clock.Now()
	var next time.Time
	s.view(func(st *state) { next = st.nextDue() })
	if next.IsZero() || next.After(now) {
		return
	}
	s.update(func(st *state) {
		for number := range st.index.paying {
			order := st.Orders[number]
			if order.PaysAt.After(now) {
				continue
			}
			delete(st.index.paying, number)
			if !order.paid() {
				s.payOrder(st, order, order.PaysAt)
			}
			order.PaysAt = time.Time{}
		}
		s.endRefunds(st, now)
	})
}

// nextDue is when the next late payment arrives or the next refund ends by itself; zero: none does.
func (st *state) nextDue() (next time.Time) {
	for number := range st.index.paying {
		next = sooner(next, st.Orders[number].PaysAt)
	}
	if st.RefundsHeld {
		return next
	}
	for number := range st.index.refunding {
		next = sooner(next, st.Refunds[number].EndsAt)
	}
	return next
}

package wechattest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// flow is one movement of money: a payment, or a refund that succeeded. Documents do not say which moment puts a refund
// on a bill; here it is the one of its success.
type flow struct {
	at      time.Time
	order   Order
	refund  *Refund // nil: a payment
	balance int64   // of the merchant behind it, in fen
}

// fen is what comes in, negative for a refund.
func (f flow) fen() int64 {
	if f.refund != nil {
		return -f.refund.RefundFen
	}
	return f.order.TotalFen
}

func (f flow) number() string {
	if f.refund != nil {
		return f.refund.OutRefundNo
	}
	return f.order.OutTradeNo
}

// flows are the movements of one day, Beijing time, oldest first. Balances begin at nothing before the first order.
func (st *state) flows(day time.Time) (ofDay []flow) {
	var all []flow
	for _, order := range st.Orders {
		if order.paid() {
			all = append(all, flow{at: order.PaidAt, order: order.Order})
		}
	}
	for _, refund := range st.Refunds {
		if refund.Status == RefundSuccess {
			all = append(all, flow{at: refund.EndedAt, order: st.Orders[refund.OutTradeNo].Order, refund: &refund.Refund})
		}
	}
	slices.SortFunc(all, func(a, b flow) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.number(), b.number()))
	})
	balance, next := int64(0), day.AddDate(0, 0, 1)
	for _, f := range all {
		balance += f.fen()
		f.balance = balance
		if !f.at.Before(day) && f.at.Before(next) {
			ofDay = append(ofDay, f)
		}
	}
	return ofDay
}

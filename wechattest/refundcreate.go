package wechattest

import (
	"net/http"
	"time"
)

// The limits of refunds. Source: pay.weixin.qq.com, 退款申请. No status is documented for breaking the first two; they get
// INVALID_REQUEST and FREQUENCY_LIMITED.
const (
	refundsPerOrder = 50
	refundSpacing   = time.Minute // between two refunds of one order
	refundYears     = 1           // after the payment
)

// createRefund is POST /v3/refund/domestic/refunds (申请退款). 200 means accepted: the refund is PROCESSING and ends
// later. The same out_refund_no with the same terms is the same refund.
func (s *Simulator) createRefund(call payCall) (payAnswer, *payError) {
	terms, refused := s.parseRefundTerms(call.body)
	if refused != nil {
		return payAnswer{}, refused
	}
	s.settleDue()
	var answer refundAnswer
	s.update(func(st *state) {
		number := terms.OutTradeNo
		if terms.TransactionID != "" { // it wins if both are given
			number = st.index.orderByID[terms.TransactionID]
		}
		order := st.order(number, call.now)
		if order == nil || !order.paid() {
			refused = noSuchPayment()
			return
		}
		canonical := terms.canonical(order.OutTradeNo)
		if earlier := st.Refunds[terms.OutRefundNo]; earlier != nil {
			if earlier.Terms != canonical {
				refused = refundRefused("订单金额或退款金额与之前请求不一致，请核实后再试")
				return
			}
			answer = earlier.answer()
			return
		}
		if refused = st.mayRefund(order, terms, call.now); refused == nil {
			answer = st.addRefund(order, terms, canonical, call.now, s.settings.refundDelay).answer()
		}
	})
	if refused != nil {
		return payAnswer{}, refused
	}
	return payAnswer{http.StatusOK, answer}, nil
}

// mayRefund holds a new refund to what is left of the order. Refunds that were closed do not count: their money stayed.
func (st *state) mayRefund(order *orderRecord, terms refundTerms, now time.Time) *payError {
	left, last := order.TotalFen, time.Time{}
	for _, number := range st.index.refundsOf[order.OutTradeNo] {
		earlier := st.Refunds[number]
		last = earlier.CreatedAt
		if earlier.Status != RefundClosed {
			left -= earlier.RefundFen
		}
	}
	from := int64(0)
	for _, source := range terms.Amount.From {
		from += source.Amount
	}
	switch {
	case terms.Amount.Total != order.TotalFen:
		return refundRefused("订单总金额与支付时不一致")
	case len(terms.Amount.From) > 0 && from != terms.Amount.Refund:
		return refundRefused("退款出资账户金额之和与退款金额不一致")
	case now.After(order.PaidAt.AddDate(refundYears, 0, 0)):
		return refundRefused("订单已经超过可退款的最大期限(支付完成后一年内)")
	case len(st.index.refundsOf[order.OutTradeNo]) >= refundsPerOrder:
		return refundRefused("该订单的部分退款次数已达上限(50次)")
	case terms.Amount.Refund > left:
		return refundRefused("申请退款金额大于订单剩余可退金额")
	case !last.IsZero() && now.Sub(last) < refundSpacing:
		return &payError{http.StatusTooManyRequests, 268447840, "FREQUENCY_LIMITED", "同一订单多次退款需间隔1分钟，请稍后重试", nil}
	}
	return nil
}

func (st *state) addRefund(order *orderRecord, terms refundTerms, canonical string, now time.Time, delay time.Duration) *refundRecord {
	refund := &refundRecord{
		Refund: Refund{
			OutRefundNo: terms.OutRefundNo, RefundID: newRefundID(now),
			OutTradeNo: order.OutTradeNo, TransactionID: order.TransactionID,
			Reason: terms.Reason, NotifyURL: terms.NotifyURL,
			TotalFen: order.TotalFen, RefundFen: terms.Amount.Refund,
			Status: RefundProcessing, CreatedAt: now,
		},
		Terms: canonical, EndsAt: now.Add(delay),
	}
	order.State = Refunded
	st.Refunds[refund.OutRefundNo] = refund
	st.indexRefund(refund)
	return refund
}

// newRefundID is 29 digits with the day of the refund inside.
func newRefundID(now time.Time) string {
	return "50300007357" + now.In(beijing()).Format("20060102") + randomDigits(10)
}

func refundRefused(why string) *payError {
	return &payError{http.StatusBadRequest, 268435464, "INVALID_REQUEST", why, nil}
}

// noSuchPayment answers for an order that is missing or unpaid.
func noSuchPayment() *payError {
	return &payError{http.StatusNotFound, 268512771, "RESOURCE_NOT_EXISTS", "订单不存在或未支付", nil}
}

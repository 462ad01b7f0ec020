package wechattest

import (
	"cmp"
	"net/http"
)

// closeOrder is POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close (关闭订单): 204 without a body, also when the
// order is closed already. An unknown number gets 204 too and can never be ordered afterwards, as users report. The
// five minutes between placing and closing that older texts ask for are not enforced.
func (s *Simulator) closeOrder(call payCall) (payAnswer, *payError) {
	number := call.PathValue("out_trade_no")
	if issue := checkOutTradeNo(number); issue != "" {
		return payAnswer{}, paramError("uri", "out_trade_no", issue, number)
	}
	fields, refused := checkBody(call.body, []field{{name: "mchid", required: true, max: 32}})
	if refused == nil {
		mchID, _ := fields["mchid"].(string) // checked
		refused = s.checkMchID(mchID, "body")
	}
	if refused != nil {
		return payAnswer{}, refused
	}
	s.settleDue()
	s.update(func(st *state) {
		switch order := st.order(number, call.now); {
		case order == nil:
			st.Burned[number] = true
		case order.paid():
			refused = orderIsPaid(cmp.Or(s.settings.orderPaidCode, "ORDER_PAID"))
		case order.State == NotPaid:
			order.State, order.ClosedAt = Closed, call.now
		}
	})
	return payAnswer{status: http.StatusNoContent}, refused
}

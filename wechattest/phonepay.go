package wechattest

import (
	"context"
	"strings"
	"time"
)

// Pay is wx.requestPayment followed by the user's consent. The phone checks the launch as WeChat does: paySign against
// the merchant certificate, timeStamp as a text of Unix seconds, a living prepay_id of an unpaid order, and that this
// user is the one who ordered. A refusal is a [*PayRefusedError]. After a payment the notice is on its way; wait for its
// first delivery with [Simulator.Settle].
func (p *Phone) Pay(ctx context.Context, launch Launch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	sim, now := p.sim, p.sim.settings.clock.Now()
	if refused := sim.checkLaunch(launch); refused != nil {
		return refused
	}
	prepayID := strings.TrimPrefix(launch.Package, "prepay_id=")
	var refused *PayRefusedError
	sim.update(func(st *state) {
		order := st.order(st.index.orderByPrepay[prepayID], now)
		openID := st.person(sim.settings.app.AppID, p.name).OpenID
		if refused = checkPayer(order, prepayID, openID, now); refused != nil {
			return
		}
		sim.payOrder(st, order, now)
	})
	if refused != nil {
		return refused
	}
	return nil
}

// checkLaunch checks what needs no order.
func (s *Simulator) checkLaunch(l Launch) *PayRefusedError {
	const parameter = "requestPayment:fail parameter error"
	switch {
	case l.AppID != "" && l.AppID != s.settings.app.AppID:
		return &PayRefusedError{parameter, "appId is not the mini-program's"}
	case len(l.TimeStamp) != 10 || strings.Trim(l.TimeStamp, "0123456789") != "":
		return &PayRefusedError{parameter + ": parameter.timeStamp", "timeStamp must be Unix seconds as text"}
	case l.NonceStr == "" || len(l.NonceStr) > 32:
		return &PayRefusedError{parameter + ": parameter.nonceStr", "nonceStr must have 1 to 32 characters"}
	case !strings.HasPrefix(l.Package, "prepay_id="):
		return &PayRefusedError{parameter + ": parameter.package", "package must be prepay_id=…"}
	case l.SignType != "RSA":
		return &PayRefusedError{parameter + ": parameter.signType", "signType must be RSA"}
	}
	message := launchMessage(s.settings.app.AppID, l.TimeStamp, l.NonceStr, l.Package)
	if !verify(&s.keys.merchant.private.PublicKey, message, l.PaySign) {
		return &PayRefusedError{"requestPayment:fail 支付验证签名失败", "paySign does not fit the merchant certificate"}
	}
	return nil
}

// checkPayer checks whether the order behind a launch can be paid by this user now.
func checkPayer(order *orderRecord, prepayID, openID string, now time.Time) *PayRefusedError {
	switch {
	case order == nil:
		return &PayRefusedError{"requestPayment:fail 调用支付JSAPI缺少参数：total_fee", "the prepay_id is unknown"}
	case order.OpenID != openID:
		return &PayRefusedError{"requestPayment:fail 支付账号与下单账号不一致", "another user ordered"}
	case order.paid():
		return &PayRefusedError{"requestPayment:fail 该订单已支付", "the order is paid"}
	case order.State == Closed:
		return &PayRefusedError{"requestPayment:fail 该订单已关闭", "the order is closed"}
	case !now.Before(order.ExpiresAt):
		return &PayRefusedError{"requestPayment:fail 订单已过期", "time_expire has passed"}
	case !now.Before(order.Prepays[prepayID]):
		return &PayRefusedError{"requestPayment:fail 订单已过期", "the prepay_id is older than two hours"}
	}
	return nil
}

// payOrder enters the payment and its notice.
func (s *Simulator) payOrder(st *state, order *orderRecord, now time.Time) {
	order.State, order.PaidAt = Paid, now
	order.TransactionID = newTransactionID(now)
	st.index.orderByID[order.TransactionID] = order.OutTradeNo
	st.addNotice(s.paymentNotice(order.Order, now))
}

// newTransactionID is 28 digits with the day of payment inside.
func newTransactionID(now time.Time) string {
	return "4200007357" + now.In(beijing()).Format("20060102") + randomDigits(10)
}

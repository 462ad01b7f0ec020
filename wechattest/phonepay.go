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
	if launch.AppID == "" {
		launch.AppID = p.sim.settings.app.AppID
	}
	if refused := p.sim.checkLaunch(launch); refused != nil {
		return refused
	}
	return p.pay(ctx, JSAPI, launch.AppID, strings.TrimPrefix(launch.Package, "prepay_id="))
}

// PayApp is a mobile app's launch of WeChat followed by the user's consent. Only the bare prepay_id is signed here.
func (p *Phone) PayApp(ctx context.Context, launch AppLaunch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if refused := p.sim.checkAppLaunch(launch); refused != nil {
		return refused
	}
	return p.pay(ctx, InApp, launch.AppID, launch.PrepayID)
}

// PayCode scans the QR code of a native order's code_url and pays.
func (p *Phone) PayCode(ctx context.Context, codeURL string) error {
	return p.pay(ctx, Native, "", codeURL)
}

// PayH5 opens an H5 order's h5_url in the phone's browser, which starts WeChat, and pays. A redirect_url behind it is
// ignored.
func (p *Phone) PayH5(ctx context.Context, h5URL string) error {
	bare, _, _ := strings.Cut(h5URL, "&redirect_url=")
	return p.pay(ctx, H5, "", bare)
}

// pay pays what a prepay_id, code_url or h5_url stands for. An empty appID is not compared.
func (p *Phone) pay(ctx context.Context, way TradeType, appID, handle string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	sim, now := p.sim, p.sim.settings.clock.Now()
	var refused *PayRefusedError
	sim.update(func(st *state) {
		order := st.order(st.index.orderByPrepay[handle], now)
		if order != nil && (order.TradeType != way || (appID != "" && order.AppID != appID)) {
			order = nil // not an order that can be paid this way
		}
		person := st.person(&sim.settings, p.name)
		if refused = checkPayer(order, handle, person, now); refused != nil {
			refused.ErrMsg = way.failure() + refused.ErrMsg
			return
		}
		order.OpenID = person.OpenIDs[order.AppID]
		fault := sim.faults.strike(occasion{on: OnPay, order: order.OutTradeNo})
		if fault.Late > 0 {
			st.payLater(order, now.Add(fault.Late))
			return
		}
		sim.payOrder(st, order, now)
		if fault.PortalRefund > 0 {
			_, _ = sim.refundInPortal(st, order, fault.PortalRefund, now) // the portal refuses more than was paid
		}
	})
	if refused != nil {
		return refused
	}
	return nil
}

// failure begins the client's message. Only that of wx.requestPayment is documented.
func (t TradeType) failure() string {
	if t == JSAPI {
		return "requestPayment:fail "
	}
	return "pay:fail "
}

// checkPayer checks whether the order behind a launch can be paid by this user now.
func checkPayer(order *orderRecord, handle string, person *user, now time.Time) *PayRefusedError {
	switch {
	case order == nil:
		return &PayRefusedError{"调用支付JSAPI缺少参数：total_fee", "the prepay_id is unknown"}
	case order.TradeType == JSAPI && order.OpenID != person.OpenIDs[order.AppID]:
		return &PayRefusedError{"支付账号与下单账号不一致", "another user ordered"}
	case order.paid():
		return &PayRefusedError{"该订单已支付", "the order is paid"}
	case order.State == Closed:
		return &PayRefusedError{"该订单已关闭", "the order is closed"}
	case !now.Before(order.ExpiresAt):
		return &PayRefusedError{"订单已过期", "time_expire has passed"}
	case !now.Before(order.Prepays[handle]):
		return &PayRefusedError{"订单已过期", "the prepay_id is older than " + order.TradeType.prepayLife().String()}
	}
	return nil
}

func (t TradeType) prepayLife() time.Duration {
	if t == H5 {
		return h5Life
	}
	return prepayLife
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

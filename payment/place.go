package payment

import (
	"context"
	"time"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/internal/wxpay"
)

// PlaceOrder are the terms of a JSAPI order (JSAPI下单), the kind a mini-program pays.
type PlaceOrder struct {
	OutTradeNo  string        // your order number (商户订单号): 6 to 32 of 0-9 A-Z a-z _ - | *; never used again
	Description string        // what the user sees, 1 to 127 characters
	AmountFen   int64         // the price in fen, at least 1; from your own price list, never from the client
	OpenID      string        // who pays: the logged-in user's openid in this app
	Attach      string        // comes back with the payment, at most 128 characters. Optional
	GoodsTag    string        // for coupons, at most 32 characters. Optional
	ExpireIn    time.Duration // how long it can be paid, at least a minute. Optional; default: WeChat's seven days
}

// Prepay is a placed order, ready to be paid.
type Prepay struct {
	OutTradeNo string    `json:"out_trade_no"`
	PrepayID   string    `json:"prepay_id"`
	ExpiresAt  time.Time `json:"expires_at"` // place the order again after it to get a new prepay_id
	Launch     Launch    `json:"launch"`
}

// Launch is what wx.requestPayment takes (调起支付), signed. Send its JSON to the mini-program as it is.
type Launch struct {
	AppID     string `json:"appId"`
	TimeStamp string `json:"timeStamp"` // seconds, as a string: the client refuses a number
	NonceStr  string `json:"nonceStr"`
	Package   string `json:"package"` // prepay_id=…
	SignType  string `json:"signType"`
	PaySign   string `json:"paySign"`
}

// A prepay_id lives two hours; one with less than ten minutes left is not handed out again.
const (
	prepayLife = 2 * time.Hour
	prepayLeft = 10 * time.Minute
)

// PlaceOrder places an order at WeChat and returns what the mini-program needs to pay it.
//
// The order's row is written first. Calling again with the same number and the same terms gives the same prepay_id while
// it lives, then a new one; after an error of code wechat-unavailable the same call may simply be repeated. ExpireIn
// counts from the first call and is not compared.
//
// Errors: order-invalid, order-terms-differ, order-paid, order-closed, wechat-unavailable, wechat-refused,
// too-many-requests, storage-down.
//
// Source: https://pay.weixin.qq.com/doc/v3/merchant/4012525167
func (s *Service) PlaceOrder(ctx context.Context, in PlaceOrder) (Prepay, error) {
	if err := in.check(); err != nil {
		return Prepay{}, err
	}
	order, err := s.reserve(ctx, in)
	if err != nil {
		return Prepay{}, err
	}
	now := s.now()
	if !prepayUsable(order, now) {
		if order, err = s.prepay(ctx, order); err != nil {
			return Prepay{}, err
		}
	}
	launch, err := s.client.Launch(order.AppID, *order.PrepayID, now)
	if err != nil {
		return Prepay{}, err
	}
	return Prepay{
		OutTradeNo: order.OutTradeNo, PrepayID: *order.PrepayID,
		ExpiresAt: order.PrepayAt.Time().Add(prepayLife), Launch: Launch(launch),
	}, nil
}

// reserve writes the order's row, or finds the one that is there and checks that it is the same order, still open.
func (s *Service) reserve(ctx context.Context, in PlaceOrder) (store.Order, error) {
	now := store.MillisOf(s.now())
	want := store.Order{
		MchID: s.set.MchID, OutTradeNo: in.OutTradeNo, AppID: s.set.AppID, OpenID: in.OpenID,
		Description: in.Description, Attach: in.Attach, GoodsTag: in.GoodsTag, AmountFen: in.AmountFen, Currency: "CNY",
		NotifyURL: s.set.NotifyURL, State: string(NotPay), CreatedAt: now, UpdatedAt: now,
	}
	if in.ExpireIn > 0 {
		// Whole seconds: WeChat takes no fraction, and a repeat must send the same instant.
		at := store.MillisOf(s.now().Add(in.ExpireIn).Truncate(time.Second))
		want.TimeExpire = &at
	}
	fresh, err := s.db.InsertOrder(ctx, want)
	if err != nil {
		return store.Order{}, storage(err)
	}
	if fresh {
		return want, nil
	}
	have, found, err := s.stored(ctx, in.OutTradeNo)
	switch {
	case err != nil:
		return store.Order{}, err
	case !found:
		return store.Order{}, fault.Newf(fault.StorageDown, "order %s is refused and not found", in.OutTradeNo)
	case have.AppID != want.AppID || have.OpenID != want.OpenID || have.Description != want.Description ||
		have.Attach != want.Attach || have.GoodsTag != want.GoodsTag ||
		have.AmountFen != want.AmountFen || have.Currency != want.Currency:
		return store.Order{}, fault.Newf(fault.OrderTermsDiffer, "order %s was placed with other terms", in.OutTradeNo)
	case State(have.State).Paid():
		return store.Order{}, fault.Newf(fault.OrderPaid, "order %s", in.OutTradeNo)
	case State(have.State) == Closed:
		return store.Order{}, fault.Newf(fault.OrderClosed, "order %s", in.OutTradeNo)
	case have.TimeExpire != nil && !s.now().Before(have.TimeExpire.Time()):
		return store.Order{}, fault.Newf(fault.OrderClosed, "order %s expired", in.OutTradeNo)
	}
	return have, nil
}

func prepayUsable(o store.Order, now time.Time) bool {
	return o.PrepayID != nil && o.PrepayAt != nil && now.Before(o.PrepayAt.Time().Add(prepayLife-prepayLeft))
}

// prepay asks WeChat for a prepay_id and stores it. Of two callers at once both get the one that was stored first.
func (s *Service) prepay(ctx context.Context, o store.Order) (store.Order, error) {
	req := wxpay.PrepayRequest{
		AppID: o.AppID, OpenID: o.OpenID, OutTradeNo: o.OutTradeNo, Description: o.Description, AmountFen: o.AmountFen,
		NotifyURL: o.NotifyURL, Attach: o.Attach, GoodsTag: o.GoodsTag,
	}
	if o.TimeExpire != nil {
		req.TimeExpire = o.TimeExpire.Time()
	}
	asked := s.now() // the id's life begins no earlier
	id, err := s.client.Prepay(ctx, req)
	switch fault.CodeOf(err) {
	case "":
	case fault.OrderPaid, fault.OrderClosed, fault.OrderTermsDiffer:
		// WeChat knows more than our row: learn it now, so that the next answer is right without asking.
		if _, learnErr := s.GetBusinessOrder(ctx, o.OutTradeNo); learnErr != nil {
			s.log.WarnContext(ctx, "cannot look up a refused order", "out_trade_no", o.OutTradeNo, "error", learnErr)
		}
		return store.Order{}, err
	default:
		return store.Order{}, err
	}
	at := store.MillisOf(asked)
	stale := store.MillisOf(asked.Add(prepayLeft - prepayLife))
	if err := s.db.SetPrepay(ctx, o.MchID, o.OutTradeNo, id, at, stale); err != nil {
		return store.Order{}, storage(err)
	}
	kept, found, err := s.stored(ctx, o.OutTradeNo)
	if err != nil {
		return store.Order{}, err
	}
	if !found || kept.PrepayID == nil {
		return store.Order{}, fault.Newf(fault.StorageDown, "order %s lost its prepay_id", o.OutTradeNo)
	}
	return kept, nil
}

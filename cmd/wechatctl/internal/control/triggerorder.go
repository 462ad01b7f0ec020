package control

import (
	"cmp"
	"context"
	"crypto/rand"

	"wgink.ink/wechat/wechattest"
)

// someone is who orders when nobody is named.
const someone = "alice"

// orderFor is the order a trigger is about: the one it names, or a new one.
func (s *Server) orderFor(ctx context.Context, t Trigger) (wechattest.Order, error) {
	if order, found := s.wechat.Order(t.OutTradeNo); found {
		return order, nil
	}
	return s.placeOrder(ctx, t)
}

// placeOrder orders as a shop does.
func (s *Server) placeOrder(ctx context.Context, t Trigger) (wechattest.Order, error) {
	url, err := s.notifyURL(t)
	if err != nil {
		return wechattest.Order{}, err
	}
	shop, err := newMerchant(s.wechat)
	if err != nil {
		return wechattest.Order{}, err
	}
	phone := s.wechat.Phone(cmp.Or(t.Phone, someone))
	way, appID := cmp.Or(t.TradeType, wechattest.JSAPI), s.wechat.App().AppID
	if way == wechattest.InApp {
		appID = s.wechat.MobileAppID()
	}
	number := cmp.Or(t.OutTradeNo, "SIM-"+rand.Text()[:16])
	body := map[string]any{
		"appid": appID, "mchid": s.wechat.Merchant().MchID, "description": "wechatctl sim trigger",
		"out_trade_no": number, "notify_url": url, "amount": map[string]any{"total": cmp.Or(t.Total, 100)},
	}
	if t.Attach != "" {
		body["attach"] = t.Attach
	}
	path := "/v3/pay/transactions/"
	switch way {
	case wechattest.JSAPI:
		path += "jsapi"
		body["payer"] = map[string]any{"openid": phone.OpenID()}
	case wechattest.Native:
		path += "native"
	case wechattest.H5:
		path += "h5"
		body["scene_info"] = map[string]any{"payer_client_ip": "127.0.0.1", "h5_info": map[string]any{"type": "Wap"}}
	case wechattest.InApp:
		path += "app"
	default:
		return wechattest.Order{}, invalid("no trade type %q; known: JSAPI, NATIVE, MWEB, APP", way)
	}
	if err := shop.post(ctx, path, body); err != nil {
		return wechattest.Order{}, err
	}
	return s.findOrder(number)
}

// payOrder lets the one who ordered pay, or whoever the trigger names.
func (s *Server) payOrder(ctx context.Context, t Trigger, order wechattest.Order) error {
	shop, err := newMerchant(s.wechat)
	if err != nil {
		return err
	}
	name := cmp.Or(t.Phone, s.owners()[order.AppID+" "+order.OpenID], someone)
	if err := shop.pay(ctx, s.wechat.Phone(name), order); err != nil {
		return payProblem(err)
	}
	return nil
}

// notifyURL is where notices about something new go.
func (s *Server) notifyURL(t Trigger) (string, error) {
	if url := cmp.Or(t.NotifyURL, s.config.NotifyURL); url != "" {
		return url, nil
	}
	if orders := s.wechat.Orders(); len(orders) > 0 {
		return orders[len(orders)-1].NotifyURL, nil
	}
	return "", invalid("where shall the notice go? Give a notify_url (-notify-url), since there is no order yet to take it from")
}

package wechat

import (
	"context"

	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/plugins/sdk"
)

// services are the verbs that plugins may ask for, as far as the configuration turns them on.
func (m *Module) services() host.Services {
	var s host.Services
	if m.cfg.Pay.Active {
		s.QueryOrder, s.StoredOrder, s.CloseOrder = m.queryOrder, m.storedOrder, m.closeOrder
	}
	if m.cfg.MiniApp.Active {
		s.User = m.lookUpUser
	}
	return s
}

func (m *Module) queryOrder(ctx context.Context, outTradeNo, transactionID string) (*sdk.Order, error) {
	var o payment.Order
	var err error
	if transactionID != "" {
		o, err = m.payment.GetOrder(ctx, transactionID)
	} else {
		o, err = m.payment.GetBusinessOrder(ctx, outTradeNo)
	}
	if err != nil {
		return nil, err
	}
	return orderOf(o), nil
}

func (m *Module) storedOrder(ctx context.Context, outTradeNo, transactionID string) (*sdk.Order, error) {
	o, err := m.payment.StoredOrder(ctx, outTradeNo, transactionID)
	if err != nil {
		return nil, err
	}
	return orderOf(o), nil
}

func orderOf(o payment.Order) *sdk.Order {
	return &sdk.Order{
		MchID: o.MchID, AppID: o.AppID, OutTradeNo: o.OutTradeNo, TransactionID: o.TransactionID,
		TradeState: string(o.State), Description: o.Description, Attach: o.Attach, AmountFen: o.AmountFen,
		PayerAmountFen: o.PayerTotalFen, Currency: o.Currency, PayerOpenID: o.OpenID, TradeType: o.TradeType,
		BankType: o.BankType, SuccessAt: o.SuccessAt, CreatedAt: o.CreatedAt,
	}
}

func (m *Module) closeOrder(ctx context.Context, outTradeNo string) error {
	return m.payment.CloseOrder(ctx, outTradeNo)
}

func (m *Module) lookUpUser(ctx context.Context, appid, openid string) (*sdk.User, error) {
	u, found, err := m.identity.Lookup(ctx, appid, openid)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, sdk.ErrNotFound
	}
	return &sdk.User{
		AppID: u.AppID, OpenID: u.OpenID, UnionID: u.UnionID, AccountID: u.AccountID, Phone: u.Phone,
		Nickname: u.Nickname, AvatarURL: u.AvatarURL,
	}, nil
}

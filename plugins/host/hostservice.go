package host

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/plugins/pluginv1"
	"wgink.ink/wechat/plugins/sdk"
)

// hostService is HostService for one plugin. Who may call what is decided before, in guard.go.
type hostService struct {
	pluginv1.UnimplementedHostServiceServer

	services Services
}

var errNotOffered = errors.New("this host does not offer it")

// QueryOrder asks WeChat for an order.
func (h hostService) QueryOrder(ctx context.Context, req *pluginv1.QueryOrderRequest) (*pluginv1.QueryOrderResponse, error) {
	if h.services.QueryOrder == nil {
		return nil, errNotOffered
	}
	if req.GetOutTradeNo() == "" && req.GetTransactionId() == "" {
		return nil, fault.Newf(fault.BadRequest, "neither out_trade_no nor transaction_id is given")
	}
	o, err := h.services.QueryOrder(ctx, req.GetOutTradeNo(), req.GetTransactionId())
	if err != nil {
		return nil, err
	}
	return &pluginv1.QueryOrderResponse{Order: order(o)}, nil
}

// CloseOrder closes an unpaid order.
func (h hostService) CloseOrder(ctx context.Context, req *pluginv1.CloseOrderRequest) (*pluginv1.CloseOrderResponse, error) {
	if h.services.CloseOrder == nil {
		return nil, errNotOffered
	}
	if err := h.services.CloseOrder(ctx, req.GetOutTradeNo()); err != nil {
		return nil, err
	}
	return &pluginv1.CloseOrderResponse{}, nil
}

// GetUser looks a user up.
func (h hostService) GetUser(ctx context.Context, req *pluginv1.GetUserRequest) (*pluginv1.GetUserResponse, error) {
	if h.services.User == nil {
		return nil, errNotOffered
	}
	if req.GetOpenid() == "" {
		return nil, fault.Newf(fault.BadRequest, "openid is not given")
	}
	if !plain(req.GetOpenid(), openidMax) || !plain(req.GetAppid(), appidMax) {
		return nil, fault.Newf(fault.BadRequest, "openid or appid is too long, or not printable")
	}
	u, err := h.services.User(ctx, req.GetAppid(), req.GetOpenid())
	if err != nil {
		return nil, err
	}
	return &pluginv1.GetUserResponse{User: user(u)}, nil
}

// Characters of what WeChat calls a user and an app: 28 and 18 now.
const (
	openidMax = 128
	appidMax  = 32
)

// plain tells whether a text has at most so many characters, each of them printable.
func plain(text string, most int) bool {
	return utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

func order(o *sdk.Order) *pluginv1.Order {
	return &pluginv1.Order{
		Mchid: o.MchID, Appid: o.AppID, OutTradeNo: o.OutTradeNo, TransactionId: o.TransactionID, TradeState: o.TradeState,
		Description: o.Description, Attach: o.Attach, TotalFen: o.AmountFen, PayerTotalFen: o.PayerAmountFen,
		Currency: o.Currency, PayerOpenid: o.PayerOpenID, TradeType: o.TradeType, BankType: o.BankType,
		SuccessAt: timestamp(o.SuccessAt), CreatedAt: timestamp(o.CreatedAt),
	}
}

func user(u *sdk.User) *pluginv1.User {
	return &pluginv1.User{
		Appid: u.AppID, Openid: u.OpenID, Unionid: u.UnionID, AccountId: u.AccountID, Phone: u.Phone,
		Nickname: u.Nickname, AvatarUrl: u.AvatarURL,
	}
}

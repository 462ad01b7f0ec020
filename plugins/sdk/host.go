package sdk

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// Host asks the plugin's host. Each verb needs a permission: the manifest asks for it, the operator grants it. Pass a
// handler's ctx on: a call ends with the event it is made for, and the host records which event that was.
//
// Errors are *HostError; test for what matters with errors.Is: ErrPermission, ErrNotFound, ErrPaid, ErrUnavailable and so on.
type Host struct {
	client pluginv1.HostServiceClient // nil when the host offers nothing
}

// Order is an order as WeChat and the host know it. Amounts are in fen (分).
type Order struct {
	MchID          string
	AppID          string
	OutTradeNo     string // the business's order number (商户订单号)
	TransactionID  string // WeChat Pay's order number (微信支付订单号), once paid
	TradeState     string // NOTPAY, SUCCESS, REFUND, CLOSED, or what WeChat adds
	Description    string // empty for an order the host did not place
	Attach         string
	AmountFen      int64 // the price
	PayerAmountFen int64 // what the payer paid, after coupons
	Currency       string
	PayerOpenID    string
	TradeType      string
	BankType       string
	SuccessAt      time.Time
	CreatedAt      time.Time // zero for an order the host did not place
}

// Paid says whether money arrived: TradeState is SUCCESS or REFUND.
func (o *Order) Paid() bool { return o.TradeState == "SUCCESS" || o.TradeState == "REFUND" }

// User is a user of an app. Fields nobody knows are empty.
type User struct {
	AppID     string
	OpenID    string
	UnionID   string
	AccountID string // the account in the host's own system
	Phone     string
	Nickname  string
	AvatarURL string
}

// QueryOrder asks WeChat for an order by the business's number (查询订单). Permission: orders.read.
// In the shadow it is the order as the host has stored it, and ErrNotFound for one that was placed elsewhere.
// Errors: ErrNotFound, ErrMismatch, ErrInvalid, and those of every call.
func (h *Host) QueryOrder(ctx context.Context, outTradeNo string) (*Order, error) {
	return h.queryOrder(ctx, &pluginv1.QueryOrderRequest{
		EventId: eventOf(ctx), Number: &pluginv1.QueryOrderRequest_OutTradeNo{OutTradeNo: outTradeNo},
	})
}

// QueryOrderByTransaction is QueryOrder by WeChat Pay's number, which exists once the order is paid.
func (h *Host) QueryOrderByTransaction(ctx context.Context, transactionID string) (*Order, error) {
	return h.queryOrder(ctx, &pluginv1.QueryOrderRequest{
		EventId: eventOf(ctx), Number: &pluginv1.QueryOrderRequest_TransactionId{TransactionId: transactionID},
	})
}

func (h *Host) queryOrder(ctx context.Context, req *pluginv1.QueryOrderRequest) (*Order, error) {
	if !h.connected() {
		return nil, unsupported("query order")
	}
	var trailer metadata.MD
	resp, err := h.client.QueryOrder(ctx, req, grpc.Trailer(&trailer))
	if err != nil {
		return nil, hostError("query order", err, trailer)
	}
	return order(resp.GetOrder()), nil
}

// CloseOrder closes an unpaid order for ever (关闭订单). Closing a closed order succeeds, so that a repeated event does no
// harm. Permission: orders.close.
// Errors: ErrPaid, ErrNotFound, ErrMismatch, ErrInvalid, and those of every call.
func (h *Host) CloseOrder(ctx context.Context, outTradeNo string) error {
	if !h.connected() {
		return unsupported("close order")
	}
	var trailer metadata.MD
	req := &pluginv1.CloseOrderRequest{EventId: eventOf(ctx), OutTradeNo: outTradeNo}
	if _, err := h.client.CloseOrder(ctx, req, grpc.Trailer(&trailer)); err != nil {
		return hostError("close order", err, trailer)
	}
	return nil
}

// User looks a user of the host's mini-program up. Permission: users.read.
// Errors: ErrNotFound, ErrInvalid, and those of every call.
func (h *Host) User(ctx context.Context, openID string) (*User, error) {
	if !h.connected() {
		return nil, unsupported("user")
	}
	var trailer metadata.MD
	req := &pluginv1.GetUserRequest{EventId: eventOf(ctx), Openid: openID}
	resp, err := h.client.GetUser(ctx, req, grpc.Trailer(&trailer))
	if err != nil {
		return nil, hostError("user", err, trailer)
	}
	return user(resp.GetUser()), nil
}

// connected is false for the zero value and nil, so that a handler under test needs no host.
func (h *Host) connected() bool { return h != nil && h.client != nil }

func unsupported(verb string) error {
	return hostError(verb, status.Error(codes.Unimplemented, "the host offers it to nobody"), metadata.Pairs(wire.ErrorCodeTrailer, wire.CodeUnsupported))
}

// eventKey finds the id of the event a handler has, in its context.
type eventKey struct{}

func eventOf(ctx context.Context) string {
	id, _ := ctx.Value(eventKey{}).(string)
	return id
}

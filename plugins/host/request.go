package host

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
	"wgink.ink/wechat/plugins/sdk"
)

// request is an event on its way: a call of the service that takes its kind.
type request func(ctx context.Context, conn grpc.ClientConnInterface) (*pluginv1.Outcome, error)

// Delivery is the event as SDK handlers see it, for handlers in the host's own process.
func (ev Event) Delivery() sdk.Delivery {
	return sdk.Delivery{
		EventID: ev.ID, EventType: ev.Type, Subject: ev.Subject, Attempt: ev.Attempt, OccurredAt: ev.OccurredAt,
		Replay: ev.Replay, Shadow: ev.Shadow,
	}
}

// newRequest decodes the payload for a plugin with these handler services; an error means that the payload is not what the
// event's type promises.
func newRequest(ev Event, services []string) (request, error) {
	d := &pluginv1.Delivery{
		EventId: ev.ID, EventType: ev.Type, Subject: ev.Subject, Attempt: ev.Attempt,
		OccurredAt: timestamp(ev.OccurredAt), Replay: ev.Replay, Shadow: ev.Shadow,
	}
	switch kind, _ := wire.KindOf(ev.Type).In(services); kind {
	case wire.KindPayment:
		n, err := sdk.ParsePaymentNotice(ev.Delivery(), ev.Compared, ev.Payload)
		if err != nil {
			return nil, err
		}
		return paymentRequest(&pluginv1.HandlePaymentNoticeRequest{Delivery: d, Notice: paymentNotice(n)}), nil
	case wire.KindUser:
		e, err := sdk.ParseUserEvent(ev.Delivery(), ev.Payload)
		if err != nil {
			return nil, err
		}
		return userRequest(&pluginv1.HandleUserEventRequest{Delivery: d, Event: userEvent(e)}), nil
	case wire.KindRefund:
		n, err := sdk.ParseRefundNotice(ev.Delivery(), ev.Compared, ev.Payload)
		if err != nil {
			return nil, err
		}
		return refundRequest(&pluginv1.HandleRefundNoticeRequest{Delivery: d, Notice: refundNotice(n)}), nil
	default:
		n := &pluginv1.Notice{WechatEventType: ev.WeChatType, Compared: ev.Compared, RawJson: ev.Payload}
		return noticeRequest(&pluginv1.HandleNoticeRequest{Delivery: d, Notice: n}), nil
	}
}

func paymentRequest(req *pluginv1.HandlePaymentNoticeRequest) request {
	return func(ctx context.Context, conn grpc.ClientConnInterface) (*pluginv1.Outcome, error) {
		resp, err := pluginv1.NewPaymentNoticeHandlerServiceClient(conn).HandlePaymentNotice(ctx, req)
		return resp.GetOutcome(), err
	}
}

func userRequest(req *pluginv1.HandleUserEventRequest) request {
	return func(ctx context.Context, conn grpc.ClientConnInterface) (*pluginv1.Outcome, error) {
		resp, err := pluginv1.NewUserSyncHandlerServiceClient(conn).HandleUserEvent(ctx, req)
		return resp.GetOutcome(), err
	}
}

func refundRequest(req *pluginv1.HandleRefundNoticeRequest) request {
	return func(ctx context.Context, conn grpc.ClientConnInterface) (*pluginv1.Outcome, error) {
		resp, err := pluginv1.NewRefundNoticeHandlerServiceClient(conn).HandleRefundNotice(ctx, req)
		return resp.GetOutcome(), err
	}
}

func noticeRequest(req *pluginv1.HandleNoticeRequest) request {
	return func(ctx context.Context, conn grpc.ClientConnInterface) (*pluginv1.Outcome, error) {
		resp, err := pluginv1.NewNoticeHandlerServiceClient(conn).HandleNotice(ctx, req)
		return resp.GetOutcome(), err
	}
}

func paymentNotice(n *sdk.PaymentNotice) *pluginv1.PaymentNotice {
	return &pluginv1.PaymentNotice{
		Mchid: n.MchID, Appid: n.AppID, OutTradeNo: n.OutTradeNo, TransactionId: n.TransactionID, TradeType: n.TradeType,
		TradeState: n.TradeState, TradeStateDesc: n.TradeStateDesc, BankType: n.BankType, Attach: n.Attach,
		SuccessAt: timestamp(n.SuccessAt), TotalFen: n.AmountFen, PayerTotalFen: n.PayerAmountFen, Currency: n.Currency,
		PayerOpenid: n.PayerOpenID, Compared: n.Compared, RawJson: n.RawJSON,
	}
}

func refundNotice(n *sdk.RefundNotice) *pluginv1.RefundNotice {
	return &pluginv1.RefundNotice{
		Mchid: n.MchID, OutTradeNo: n.OutTradeNo, TransactionId: n.TransactionID, OutRefundNo: n.OutRefundNo,
		RefundId: n.RefundID, RefundStatus: n.RefundStatus, SuccessAt: timestamp(n.SuccessAt),
		UserReceivedAccount: n.UserReceivedAccount, TotalFen: n.AmountFen, RefundFen: n.RefundFen,
		PayerTotalFen: n.PayerAmountFen, PayerRefundFen: n.PayerRefundFen, Compared: n.Compared, RawJson: n.RawJSON,
	}
}

func userEvent(e *sdk.UserEvent) *pluginv1.UserEvent {
	return &pluginv1.UserEvent{
		Appid: e.AppID, Openid: e.OpenID, Unionid: e.UnionID, AccountId: e.AccountID, Phone: e.Phone,
		Nickname: e.Nickname, AvatarUrl: e.AvatarURL, RawJson: e.RawJSON,
	}
}

// timestamp leaves the zero time unset instead of sending the year 1.
func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

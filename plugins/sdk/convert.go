package sdk

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"wgink.ink/wechat/plugins/pluginv1"
)

// From the wire to what handlers see. The other direction is package host's.

func delivery(d *pluginv1.Delivery) Delivery {
	return Delivery{
		EventID: d.GetEventId(), EventType: d.GetEventType(), Subject: d.GetSubject(), Attempt: d.GetAttempt(),
		OccurredAt: timeOf(d.GetOccurredAt()), Replay: d.GetReplay(), Shadow: d.GetShadow(),
	}
}

func paymentNotice(d Delivery, n *pluginv1.PaymentNotice) *PaymentNotice {
	return &PaymentNotice{
		Delivery: d, MchID: n.GetMchid(), AppID: n.GetAppid(), OutTradeNo: n.GetOutTradeNo(),
		TransactionID: n.GetTransactionId(), TradeType: n.GetTradeType(), TradeState: n.GetTradeState(),
		TradeStateDesc: n.GetTradeStateDesc(), BankType: n.GetBankType(), Attach: n.GetAttach(),
		SuccessAt: timeOf(n.GetSuccessAt()), AmountFen: n.GetTotalFen(), PayerAmountFen: n.GetPayerTotalFen(),
		Currency: n.GetCurrency(), PayerOpenID: n.GetPayerOpenid(), Compared: n.GetCompared(), RawJSON: n.GetRawJson(),
	}
}

func userEvent(d Delivery, e *pluginv1.UserEvent) *UserEvent {
	return &UserEvent{
		Delivery: d, AppID: e.GetAppid(), OpenID: e.GetOpenid(), UnionID: e.GetUnionid(), AccountID: e.GetAccountId(),
		Phone: e.GetPhone(), Nickname: e.GetNickname(), AvatarURL: e.GetAvatarUrl(), RawJSON: e.GetRawJson(),
	}
}

func refundNotice(d Delivery, n *pluginv1.RefundNotice) *RefundNotice {
	return &RefundNotice{
		Delivery: d, MchID: n.GetMchid(), OutTradeNo: n.GetOutTradeNo(), TransactionID: n.GetTransactionId(),
		OutRefundNo: n.GetOutRefundNo(), RefundID: n.GetRefundId(), RefundStatus: n.GetRefundStatus(),
		SuccessAt: timeOf(n.GetSuccessAt()), UserReceivedAccount: n.GetUserReceivedAccount(), AmountFen: n.GetTotalFen(),
		RefundFen: n.GetRefundFen(), PayerAmountFen: n.GetPayerTotalFen(), PayerRefundFen: n.GetPayerRefundFen(),
		Compared: n.GetCompared(), RawJSON: n.GetRawJson(),
	}
}

func order(o *pluginv1.Order) *Order {
	return &Order{
		MchID: o.GetMchid(), AppID: o.GetAppid(), OutTradeNo: o.GetOutTradeNo(), TransactionID: o.GetTransactionId(),
		TradeState: o.GetTradeState(), Description: o.GetDescription(), Attach: o.GetAttach(), AmountFen: o.GetTotalFen(),
		PayerAmountFen: o.GetPayerTotalFen(), Currency: o.GetCurrency(), PayerOpenID: o.GetPayerOpenid(),
		TradeType: o.GetTradeType(), BankType: o.GetBankType(), SuccessAt: timeOf(o.GetSuccessAt()),
		CreatedAt: timeOf(o.GetCreatedAt()),
	}
}

func user(u *pluginv1.User) *User {
	return &User{
		AppID: u.GetAppid(), OpenID: u.GetOpenid(), UnionID: u.GetUnionid(), AccountID: u.GetAccountId(),
		Phone: u.GetPhone(), Nickname: u.GetNickname(), AvatarURL: u.GetAvatarUrl(),
	}
}

func notice(d Delivery, n *pluginv1.Notice) *Notice {
	return &Notice{
		Delivery: d, WeChatType: n.GetWechatEventType(), Compared: n.GetCompared(), RawJSON: n.GetRawJson(),
	}
}

// timeOf keeps an unset timestamp the zero time, not 1970.
func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

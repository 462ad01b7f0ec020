package plugintest

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/plugins/sdk"
)

// From what a test writes to what a host stores. RawJSON, when the test gives it, is what WeChat sent and all other fields
// of the notice come from it, as in production; without it, it is written from the fields.

func paymentEvent(n sdk.PaymentNotice) host.Event {
	return event(n.Delivery, "payment.succeeded", n.OutTradeNo, "payment|"+n.TransactionID, "TRANSACTION.SUCCESS", n.Compared,
		raw(n.RawJSON, map[string]any{
			"mchid": n.MchID, "appid": n.AppID, "out_trade_no": n.OutTradeNo, "transaction_id": n.TransactionID,
			"trade_type": n.TradeType, "trade_state": n.TradeState, "trade_state_desc": n.TradeStateDesc,
			"bank_type": n.BankType, "attach": n.Attach, "success_time": stamp(n.SuccessAt),
			"payer": map[string]any{"openid": n.PayerOpenID},
			"amount": map[string]any{
				"total": n.AmountFen, "payer_total": n.PayerAmountFen, "currency": n.Currency, "payer_currency": n.Currency,
			},
		}))
}

func refundEvent(n sdk.RefundNotice) host.Event {
	kind := map[string]string{"SUCCESS": "refund.succeeded", "CLOSED": "refund.closed", "ABNORMAL": "refund.abnormal"}[n.RefundStatus]
	return event(n.Delivery, cmp.Or(kind, "refund.succeeded"), n.OutTradeNo, "refund|"+n.RefundID+"|"+n.RefundStatus,
		"REFUND."+n.RefundStatus, n.Compared, raw(n.RawJSON, map[string]any{
			"mchid": n.MchID, "out_trade_no": n.OutTradeNo, "transaction_id": n.TransactionID,
			"out_refund_no": n.OutRefundNo, "refund_id": n.RefundID, "refund_status": n.RefundStatus,
			"success_time": stamp(n.SuccessAt), "user_received_account": n.UserReceivedAccount,
			"amount": map[string]any{
				"total": n.AmountFen, "refund": n.RefundFen, "payer_total": n.PayerAmountFen, "payer_refund": n.PayerRefundFen,
			},
		}))
}

func userEvent(e sdk.UserEvent) host.Event {
	return event(e.Delivery, "user.created", e.OpenID, "user|"+e.EventType+"|"+e.OpenID, "", false,
		raw(e.RawJSON, map[string]any{
			"appid": e.AppID, "openid": e.OpenID, "unionid": e.UnionID, "account_id": e.AccountID, "phone": e.Phone,
			"nickname": e.Nickname, "avatar_url": e.AvatarURL,
		}))
}

func noticeEvent(n sdk.Notice) host.Event {
	return event(n.Delivery, "notice."+strings.ToLower(n.WeChatType), n.Subject, "notice|"+n.WeChatType, n.WeChatType, n.Compared,
		raw(n.RawJSON, map[string]any{}))
}

// event fills in what the test left out; the id depends on what the event is about, so that one sample is one event.
func event(d sdk.Delivery, kind, subject, key, wechatType string, compared bool, payload []byte) host.Event {
	at := d.OccurredAt
	if at.IsZero() {
		at = sampleTime()
	}
	return host.Event{
		ID: cmp.Or(d.EventID, key+"|"+subject), Type: cmp.Or(d.EventType, kind), WeChatType: wechatType,
		Subject: cmp.Or(d.Subject, subject, "subject-1"), Attempt: max(d.Attempt, 1), OccurredAt: at, Replay: d.Replay,
		Compared: compared, Payload: payload,
	}
}

// raw is WeChat's JSON: the test's own, or written from the fields. Empty fields are left out, as WeChat does.
func raw(given []byte, fields map[string]any) []byte {
	if given != nil {
		return given
	}
	for key, value := range fields {
		if value == "" {
			delete(fields, key)
		}
	}
	return mustJSON(fields)
}

func mustJSON(fields map[string]any) []byte {
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // text and numbers
	}
	return text
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339)
}

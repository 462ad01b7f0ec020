package payment

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/internal/wxpay"
)

// paymentEvent is a payment, told by a notice (n) or found by asking (n is nil).
func paymentEvent(mchid string, t wxpay.Transaction, n *wxpay.Notice) store.Incoming {
	in := store.Incoming{
		Event: newEvent(mchid, t.MchID, "payment.succeeded", "TRANSACTION.SUCCESS",
			// Not the state WeChat tells today: a payment found by asking after a refund is still the same payment.
			"payment|"+t.TransactionID+"|SUCCESS", t.OutTradeNo, t.Raw, t.SuccessTime, n),
		Terms: &store.Terms{
			OutTradeNo: t.OutTradeNo, AmountFen: t.AmountFen, TransactionID: t.TransactionID, Payment: true, AppID: t.AppID, OpenID: t.OpenID,
			Currency: t.Currency, Unknown: store.VerdictUnknownOrder,
		},
		Paid: &store.Paid{
			PayerTotalFen: t.PayerAmountFen, TradeType: t.TradeType, BankType: t.BankType,
			SuccessAt: store.MillisOf(t.SuccessTime),
		},
	}
	switch {
	case !t.Paid() && in.Event.Verdict == store.VerdictOK:
		in.Event.Verdict = store.VerdictTradeState
	case State(t.TradeState) == Refund:
		in.To = string(Refund)
	}
	return in
}

func refundEvent(mchid string, r wxpay.RefundNotice, n wxpay.Notice) store.Incoming {
	kind := map[string]string{"SUCCESS": "refund.succeeded", "CLOSED": "refund.closed", "ABNORMAL": "refund.abnormal"}[r.RefundStatus]
	if kind == "" {
		kind = "refund." + strings.ToLower(r.RefundStatus)
	}
	return store.Incoming{
		Event: newEvent(mchid, r.MchID, kind, n.EventType, "refund|"+r.RefundID+"|"+r.RefundStatus, r.OutTradeNo,
			n.Plaintext, n.CreateTime, &n),
		Terms: &store.Terms{
			OutTradeNo: r.OutTradeNo, AmountFen: r.AmountFen, TransactionID: r.TransactionID, RefundFen: r.RefundFen,
			Unknown: store.VerdictUnknownOrder,
		},
		To: string(Refund),
	}
}

// otherEvent is a kind of notice we have no type for, or a payment or refund in a form we have none for: kept and delivered
// as it is.
func otherEvent(mchid string, n wxpay.Notice) store.Incoming {
	var inner struct {
		MchID string `json:"mchid"`
	}
	_ = json.Unmarshal(n.Plaintext, &inner) // many kinds name no merchant, or name it otherwise
	return store.Incoming{Event: newEvent(mchid, cmp.Or(n.Merchant, inner.MchID), "notice."+strings.ToLower(n.EventType), n.EventType,
		"notice|"+n.ID, n.ID, n.Plaintext, n.CreateTime, &n)}
}

// newEvent makes the event of the account mchid. named is the merchant the message itself names, if it does.
func newEvent(mchid, named, kind, wechatType, businessKey, subject string, payload []byte, at time.Time, n *wxpay.Notice) store.Event {
	e := store.Event{
		ID: delivery.EventID(mchid, businessKey), Kind: kind, WeChatType: wechatType, MchID: mchid,
		BusinessKey: businessKey, Subject: subject, Verdict: store.VerdictOK, Payload: payload,
		OccurredAt: store.MillisOf(at),
	}
	if named != "" && named != mchid {
		e.Verdict = store.VerdictMchID
	}
	if n != nil {
		e.NoticeID = &n.ID
		if e.OccurredAt == 0 {
			e.OccurredAt = store.MillisOf(n.CreateTime)
		}
	}
	return e
}

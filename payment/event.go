package payment

import (
	"encoding/json"
	"strings"
	"time"

	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/internal/wxpay"
)

// incoming is a verified fact on its way into the database.
type incoming struct {
	event store.Event
	terms *terms       // what must agree with the stored order; nil when there is no order to compare with
	paid  *store.Order // what a payment changes on the order
	to    State        // the state the order moves to, after paid
	// mchid inside the message, where the kind has one.
	mchid string
}

// terms are the fields of a message that the stored order must agree with. An empty field is not in the message.
type terms struct {
	outTradeNo string
	state      string // trade_state of a payment
	appid      string
	openid     string
	amountFen  int64
	currency   string
	payment    bool // payments must carry all fields, refunds have no appid, payer and currency
}

// paymentEvent is a payment, told by a notice (n) or found by asking (n is nil).
func paymentEvent(mchid string, t wxpay.Transaction, n *wxpay.Notice) incoming {
	success, total, tx := store.MillisOf(t.SuccessTime), t.PayerAmountFen, t.TransactionID
	in := incoming{
		event: newEvent(mchid, "payment.succeeded", "TRANSACTION.SUCCESS",
			// Not the state WeChat tells today: a payment found by asking after a refund is still the same payment.
			"payment|"+t.TransactionID+"|SUCCESS", t.OutTradeNo, t.Raw, t.SuccessTime, n),
		terms: &terms{
			outTradeNo: t.OutTradeNo, state: t.TradeState, appid: t.AppID, openid: t.OpenID,
			amountFen: t.AmountFen, currency: t.Currency, payment: true,
		},
		paid: &store.Order{
			MchID: mchid, OutTradeNo: t.OutTradeNo, TransactionID: &tx, PayerTotalFen: &total,
			TradeType: t.TradeType, BankType: t.BankType, SuccessAt: &success,
		},
		mchid: t.MchID,
	}
	if State(t.TradeState) == Refund {
		in.to = Refund
	}
	return in
}

func refundEvent(mchid string, r wxpay.RefundNotice, n wxpay.Notice) incoming {
	kind := map[string]string{"SUCCESS": "refund.succeeded", "CLOSED": "refund.closed", "ABNORMAL": "refund.abnormal"}[r.RefundStatus]
	if kind == "" {
		kind = "refund." + strings.ToLower(r.RefundStatus)
	}
	return incoming{
		event: newEvent(mchid, kind, n.EventType, "refund|"+r.RefundID+"|"+r.RefundStatus, r.OutTradeNo,
			n.Plaintext, n.CreateTime, &n),
		terms: &terms{outTradeNo: r.OutTradeNo, amountFen: r.AmountFen},
		to:    Refund,
		mchid: r.MchID,
	}
}

// otherEvent is a kind of notice we have no type for: kept and delivered as it is.
func otherEvent(mchid string, n wxpay.Notice) incoming {
	var inner struct {
		MchID string `json:"mchid"`
	}
	_ = json.Unmarshal(n.Plaintext, &inner) // many kinds name no merchant, or name it otherwise
	return incoming{
		event: newEvent(mchid, "notice."+strings.ToLower(n.EventType), n.EventType, "notice|"+n.ID, n.ID,
			n.Plaintext, n.CreateTime, &n),
		mchid: inner.MchID,
	}
}

func newEvent(mchid, kind, wechatType, businessKey, subject string, payload []byte, at time.Time, n *wxpay.Notice) store.Event {
	e := store.Event{
		ID: delivery.EventID(mchid, businessKey), Kind: kind, WeChatType: wechatType, MchID: mchid,
		BusinessKey: businessKey, Subject: subject, Payload: payload, OccurredAt: store.MillisOf(at),
	}
	if n != nil {
		e.NoticeID = &n.ID
		if e.OccurredAt == 0 {
			e.OccurredAt = store.MillisOf(n.CreateTime)
		}
	}
	return e
}

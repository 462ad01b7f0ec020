package wechattest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// NoticeChange makes a notice differ from the one WeChat would send; see [Simulator.Notice].
type NoticeChange func(*noticeDraft)

// noticeDraft is a notice before it is sealed and signed.
type noticeDraft struct {
	id                string
	event             Event
	transaction       noticeTransaction
	refund            *noticeRefund // set: the notice is about a refund
	changeTransaction []func(map[string]any)
	plaintext         []byte // replaces the transaction unless nil
	apiV3Key          string
	changeEnvelope    []func(map[string]any)
	changeBody        []func([]byte) []byte
	createdAt         time.Time
	signedAt          time.Time
	afterSigning      []func(*Notice)
}

// ChangeTotal claims another amount, in fen, rightly sealed and signed.
func ChangeTotal(fen int64) NoticeChange {
	return func(d *noticeDraft) {
		d.transaction.Amount.Total, d.transaction.Amount.PayerTotal = fen, fen
		if d.refund != nil {
			d.refund.Amount.Total, d.refund.Amount.PayerTotal = fen, fen
		}
	}
}

// ChangeRefund claims that another amount was refunded, in fen.
func ChangeRefund(fen int64) NoticeChange {
	return func(d *noticeDraft) {
		if d.refund != nil {
			d.refund.Amount.Refund, d.refund.Amount.PayerRefund = fen, fen
		}
	}
}

// ChangeCurrency claims another currency.
func ChangeCurrency(currency string) NoticeChange {
	return func(d *noticeDraft) {
		d.transaction.Amount.Currency, d.transaction.Amount.PayerCurrency = currency, currency
	}
}

// ChangeAppID claims another app.
func ChangeAppID(appID string) NoticeChange {
	return func(d *noticeDraft) { d.transaction.AppID = appID }
}

// ChangeMchID claims another merchant.
func ChangeMchID(mchID string) NoticeChange {
	return func(d *noticeDraft) {
		d.transaction.MchID = mchID
		if d.refund != nil {
			d.refund.MchID = mchID
		}
	}
}

// ChangePayer claims another payer.
func ChangePayer(openID string) NoticeChange {
	return func(d *noticeDraft) { d.transaction.Payer.OpenID = openID }
}

// ChangeOutTradeNo claims another order.
func ChangeOutTradeNo(outTradeNo string) NoticeChange {
	return func(d *noticeDraft) {
		d.transaction.OutTradeNo = outTradeNo
		if d.refund != nil {
			d.refund.OutTradeNo = outTradeNo
		}
	}
}

// ChangeTransaction edits the plaintext's JSON object in any way, e.g. removes a key. Keys end up sorted.
func ChangeTransaction(change func(map[string]any)) NoticeChange {
	return func(d *noticeDraft) { d.changeTransaction = append(d.changeTransaction, change) }
}

// ChangePlaintext seals these bytes instead of a transaction.
func ChangePlaintext(plaintext []byte) NoticeChange {
	return func(d *noticeDraft) { d.plaintext = bytes.Clone(plaintext) }
}

// ChangeEnvelope edits the body's JSON object, e.g. event_type, before it is signed. Keys end up sorted.
func ChangeEnvelope(change func(map[string]any)) NoticeChange {
	return func(d *noticeDraft) { d.changeEnvelope = append(d.changeEnvelope, change) }
}

// ChangeBody edits the body's bytes before they are signed.
func ChangeBody(change func(body []byte) []byte) NoticeChange {
	return func(d *noticeDraft) { d.changeBody = append(d.changeBody, change) }
}

// SealWith encrypts with another APIv3 key of 16, 24 or 32 bytes.
func SealWith(apiV3Key string) NoticeChange { return func(d *noticeDraft) { d.apiV3Key = apiV3Key } }

// SignAt signs with another time, e.g. one that is more than five minutes off.
func SignAt(t time.Time) NoticeChange { return func(d *noticeDraft) { d.signedAt = t } }

// ClaimSerial names another signing key in Wechatpay-Serial than the one that signed.
func ClaimSerial(serial string) NoticeChange {
	return func(d *noticeDraft) {
		d.after(func(n *Notice) { n.Header.Set("Wechatpay-Serial", serial) })
	}
}

// ProbeSignature replaces the signature by one of WeChat's signature probes (签名探测流量): not even base64, must fail.
func ProbeSignature() NoticeChange {
	return func(d *noticeDraft) {
		d.after(func(n *Notice) {
			n.Header.Set("Wechatpay-Signature", "WECHATPAY/SIGNTEST/"+n.Header.Get("Wechatpay-Signature"))
		})
	}
}

// FlipBodyByte changes one bit of the body after it was signed. A negative index counts from the end.
func FlipBodyByte(index int) NoticeChange {
	return func(d *noticeDraft) {
		d.after(func(n *Notice) {
			n.Body = bytes.Clone(n.Body)
			n.Body[(index%len(n.Body)+len(n.Body))%len(n.Body)] ^= 1
		})
	}
}

func (d *noticeDraft) after(change func(*Notice)) { d.afterSigning = append(d.afterSigning, change) }

// body applies what happens before signing.
func (d *noticeDraft) body() ([]byte, error) {
	var about any = d.transaction
	if d.refund != nil {
		about = d.refund
	}
	plaintext, err := edit(compactJSON(about), d.changeTransaction)
	if err != nil {
		return nil, err
	}
	if d.plaintext != nil {
		plaintext = d.plaintext
	}
	sealed, err := envelope(d.id, d.createdAt, d.apiV3Key, d.event, plaintext)
	if err != nil {
		return nil, err
	}
	body, err := edit(compactJSON(sealed), d.changeEnvelope)
	if err != nil {
		return nil, err
	}
	for _, change := range d.changeBody {
		body = change(body)
	}
	return body, nil
}

func edit(document []byte, changes []func(map[string]any)) ([]byte, error) {
	if len(changes) == 0 {
		return document, nil
	}
	var fields map[string]any
	if err := json.Unmarshal(document, &fields); err != nil {
		return nil, fmt.Errorf("edit: %w", err)
	}
	for _, change := range changes {
		change(fields)
	}
	return json.Marshal(fields)
}

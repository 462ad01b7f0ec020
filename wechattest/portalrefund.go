package wechattest

import (
	"crypto/aes"
	"crypto/md5" //nolint:gosec // the key derivation WeChat documents
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// WithAPIv2 sets the API v2 key (32 characters) and the URL to which the merchant portal's own notices go. Default:
// none; then refunds made in the portal tell nobody.
func WithAPIv2(key, notifyURL string) Option {
	return func(s *settings) { s.apiV2Key, s.portalURL = key, notifyURL }
}

// RefundInPortal is a refund that somebody makes by hand in the merchant portal. It succeeds at once, and its notice is
// the API v2 one: unsigned XML whose req_info is encrypted with the v2 key. It returns the refund's number.
// Source: pay.weixin.qq.com, API v2 退款结果通知.
func (s *Simulator) RefundInPortal(outTradeNo string, fen int64) (outRefundNo string, err error) {
	now := s.settings.clock.Now()
	s.settleDue()
	s.update(func(st *state) { outRefundNo, err = s.refundInPortal(st, st.order(outTradeNo, now), fen, now) })
	if err != nil {
		err = fmt.Errorf("wechattest: order %q: %w", outTradeNo, err)
	}
	return outRefundNo, err
}

func (s *Simulator) refundInPortal(st *state, order *orderRecord, fen int64, now time.Time) (outRefundNo string, err error) {
	if order == nil || !order.paid() {
		return "", errors.New("not paid")
	}
	terms := refundTerms{OutRefundNo: "PORTAL" + randomDigits(20)}
	terms.Amount.Refund, terms.Amount.Total = fen, order.TotalFen
	if refused := st.mayRefund(order, terms, now); refused != nil {
		return "", errors.New(refused.Message)
	}
	refund := st.addRefund(order, terms, "", now, 0)
	refund.Status, refund.EndedAt = RefundSuccess, now
	delete(st.index.refunding, refund.OutRefundNo)
	if s.settings.apiV2Key != "" {
		st.addNotice(s.portalNotice(order.Order, refund.Refund, now))
	}
	return refund.OutRefundNo, nil
}

func (s *Simulator) portalNotice(order Order, r Refund, now time.Time) *noticeRecord {
	plain := xmlOf("root", []PushField{
		{"out_refund_no", r.OutRefundNo}, {"out_trade_no", r.OutTradeNo},
		{"refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"}, {"refund_fee", strconv.FormatInt(r.RefundFen, 10)},
		{"refund_id", r.RefundID}, {"refund_recv_accout", receivedAccount}, {"refund_request_source", "VENDOR_PLATFORM"},
		{"refund_status", "SUCCESS"}, {"settlement_refund_fee", strconv.FormatInt(r.RefundFen, 10)},
		{"settlement_total_fee", strconv.FormatInt(r.TotalFen, 10)}, {"success_time", billTime(now)},
		{"total_fee", strconv.FormatInt(r.TotalFen, 10)}, {"transaction_id", r.TransactionID},
	})
	body := xmlOf("xml", []PushField{
		{"return_code", "SUCCESS"}, {"appid", order.AppID}, {"mch_id", s.settings.mchID},
		{"nonce_str", randomText(32)}, {"req_info", sealV2(s.settings.apiV2Key, []byte(plain))},
	})
	return &noticeRecord{
		ID: noticeID(r.RefundID), EventType: "v2 refund", OutTradeNo: r.OutTradeNo, OutRefundNo: r.OutRefundNo,
		Body: body, URL: s.settings.portalURL, Due: now, XML: true,
	}
}

// sealV2 is AES-256-ECB with PKCS#7 padding under the lower-case hex MD5 of the v2 key.
func sealV2(key string, plain []byte) string {
	sum := md5.Sum([]byte(key)) //nolint:gosec // as documented
	block, err := aes.NewCipher([]byte(hex.EncodeToString(sum[:])))
	if err != nil {
		panic(fmt.Sprintf("wechattest: %v", err)) // 32 characters always
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	sealed := append([]byte(nil), plain...)
	for range pad {
		sealed = append(sealed, byte(pad))
	}
	for at := 0; at < len(sealed); at += aes.BlockSize {
		block.Encrypt(sealed[at:], sealed[at:])
	}
	return base64.StdEncoding.EncodeToString(sealed)
}

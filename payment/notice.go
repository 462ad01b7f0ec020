package payment

import (
	"context"

	"wgink.ink/wechat/internal/failpoint"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/internal/wxpay"
)

// NoticeHeader holds the Wechatpay-* headers of a notice, each exactly as received.
type NoticeHeader struct {
	Timestamp     string
	Nonce         string
	Signature     string
	Serial        string
	SignatureType string // empty means WECHATPAY2-SHA256-RSA2048
}

// ReceiveNotice takes a notice (支付通知) in: it verifies the raw body by the key its serial names, decrypts it, compares
// it with the stored order, and keeps it with its deliveries in one commit. When it returns nil the notice is safe, and
// WeChat may be told so; a repeat of a notice that is kept already is success too.
//
// A genuine notice that does not fit our order is kept in quarantine, not delivered, and is no error: WeChat could send
// it fifteen times more and it would not fit better.
//
// Errors: notice-unverified and notice-malformed (nothing is kept), storage-down (WeChat must send it again).
func (s *Service) ReceiveNotice(ctx context.Context, header NoticeHeader, body []byte) (Receipt, error) {
	notice, err := s.opener.Open(wxpay.NoticeHeader(header), body, s.now())
	if err != nil {
		return 0, err
	}
	in := s.read(notice)
	if failpoint.On(failpoint.AnyMerchant) && in.Event.Verdict == store.VerdictMchID {
		in.Event.Verdict = store.VerdictOK
	}
	if failpoint.On(failpoint.AnswerFirst) {
		go func() { _, _ = s.accept(context.WithoutCancel(ctx), in) }()
		return Kept, nil
	}
	receipt, err := s.accept(ctx, in)
	if receipt == Repeated {
		s.log.InfoContext(ctx, "notice seen before", "notice", notice.ID, "type", notice.EventType)
	}
	return receipt, err
}

// Receipt says what became of a notice that was taken in.
type Receipt int

// The receipts. All of them mean that WeChat need not send the notice again.
const (
	Kept        Receipt = iota + 1 // kept, with its deliveries
	Repeated                       // kept before
	Quarantined                    // genuine, but not fitting our order: kept, not delivered
)

// read turns a verified notice into what we keep.
func (s *Service) read(n wxpay.Notice) store.Incoming {
	switch {
	case n.Transaction != nil:
		return paymentEvent(s.set.MchID, *n.Transaction, &n)
	case n.Refund != nil:
		return refundEvent(s.set.MchID, *n.Refund, n)
	default:
		return otherEvent(s.set.MchID, n)
	}
}

package wechattest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"
)

// Notice is a notice (通知) about a payment or a refund, ready to be sent, right or deliberately wrong.
type Notice struct {
	Header http.Header
	Body   []byte
}

// Request is the notice as an HTTP request to url.
func (n Notice) Request(ctx context.Context, url string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(n.Body))
	if err != nil {
		return nil, fmt.Errorf("notice request: %w", err)
	}
	request.Header = n.Header.Clone()
	return request, nil
}

// Notice is the notice about an order, freshly signed and not sent. Without changes it has the id and the body of the
// one that WeChat sends. An order that is not paid gets the notice it would get if it were: a forgery, with a
// transaction_id that no query finds.
func (s *Simulator) Notice(outTradeNo string, changes ...NoticeChange) (Notice, error) {
	order, found := s.Order(outTradeNo)
	if !found {
		return Notice{}, fmt.Errorf("wechattest: no order %q", outTradeNo)
	}
	now := s.settings.clock.Now()
	if !order.paid() {
		order.State, order.PaidAt, order.TransactionID = Paid, now, newTransactionID(now)
	}
	return s.forge(&noticeDraft{
		id: noticeID(order.TransactionID), event: paymentEvent(), transaction: order.transaction(), createdAt: order.PaidAt,
	}, changes)
}

// RefundNotice is the notice about a refund, freshly signed and not sent, like [Simulator.Notice]. A refund that has not
// ended gets the notice of a success.
func (s *Simulator) RefundNotice(outRefundNo string, changes ...NoticeChange) (Notice, error) {
	refund, found := s.Refund(outRefundNo)
	if !found {
		return Notice{}, fmt.Errorf("wechattest: no refund %q", outRefundNo)
	}
	if refund.Status == RefundProcessing {
		refund.Status, refund.EndedAt = RefundSuccess, s.settings.clock.Now()
	}
	plain := refund.notice(s.settings.mchID)
	var id string
	s.view(func(st *state) { id = st.refundNoticeID(refund) })
	return s.forge(&noticeDraft{
		id: id, event: refundEvent(refund.Status), refund: &plain, createdAt: refund.EndedAt,
	}, changes)
}

// forge makes a notice from a draft. Without changes it is the one on the timetable, if there is one.
func (s *Simulator) forge(draft *noticeDraft, changes []NoticeChange) (Notice, error) {
	var sent string
	s.view(func(st *state) {
		if record := st.Notices[draft.id]; record != nil {
			sent = record.Body
		}
	})
	now := s.SigningTime()
	if len(changes) == 0 && sent != "" {
		return Notice{s.noticeHeader([]byte(sent), now), []byte(sent)}, nil
	}
	draft.apiV3Key, draft.signedAt = s.settings.apiV3Key, now
	for _, change := range changes {
		change(draft)
	}
	body, err := draft.body()
	if err != nil {
		return Notice{}, fmt.Errorf("wechattest: notice %s: %w", draft.id, err)
	}
	notice := Notice{s.noticeHeader(body, draft.signedAt), body}
	for _, change := range draft.afterSigning {
		change(&notice)
	}
	return notice, nil
}

// SignBody signs any bytes as a notice, for instance `null`, and returns the headers to send them with.
func (s *Simulator) SignBody(body []byte) http.Header {
	return s.noticeHeader(body, s.SigningTime())
}

// noticeHeader is the headers of a live notice.
func (s *Simulator) noticeHeader(body []byte, at time.Time) http.Header {
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "Mozilla/4.0")
	header.Set("Accept", "*/*")
	header.Set("Pragma", "no-cache")
	signHeader(header, s.signingKey(), at, body)
	return header
}

// paymentNotice is the notice about an order that was just paid; its first delivery is due at once.
func (s *Simulator) paymentNotice(order Order, now time.Time) *noticeRecord {
	record := s.newNoticeRecord(noticeID(order.TransactionID), paymentEvent(), order.NotifyURL, compactJSON(order.transaction()), now)
	record.OutTradeNo = order.OutTradeNo
	return record
}

// newNoticeRecord seals a notice whose first delivery is due at once.
func (s *Simulator) newNoticeRecord(id string, e Event, url string, plaintext []byte, now time.Time) *noticeRecord {
	sealed, err := envelope(id, now, s.settings.apiV3Key, e, plaintext)
	if err != nil {
		panic(fmt.Sprintf("wechattest: %v", err)) // the key's length was checked in Open
	}
	return &noticeRecord{ID: id, EventType: e.Type, Body: string(compactJSON(sealed)), URL: url, Due: now}
}

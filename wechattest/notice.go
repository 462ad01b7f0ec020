package wechattest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"
)

// Notice is a payment notice (支付通知) ready to be sent, right or deliberately wrong.
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
	var sent string
	s.view(func(st *state) {
		if record := st.Notices[outTradeNo]; record != nil {
			sent = record.Body
		}
	})
	now := s.settings.clock.Now()
	if order.State != Paid {
		order.State, order.PaidAt, order.TransactionID = Paid, now, newTransactionID(now)
	}
	draft := &noticeDraft{
		transaction: order.transaction(),
		apiV3Key:    s.settings.apiV3Key,
		signedAt:    now,
		createdAt:   order.PaidAt,
	}
	for _, change := range changes {
		change(draft)
	}
	if len(changes) == 0 && sent != "" {
		return Notice{s.noticeHeader([]byte(sent), now), []byte(sent)}, nil
	}
	body, err := draft.body()
	if err != nil {
		return Notice{}, fmt.Errorf("wechattest: notice about %s: %w", outTradeNo, err)
	}
	notice := Notice{s.noticeHeader(body, draft.signedAt), body}
	for _, change := range draft.afterSigning {
		change(&notice)
	}
	return notice, nil
}

// SignBody signs any bytes as a notice, for instance `null`, and returns the headers to send them with.
func (s *Simulator) SignBody(body []byte) http.Header {
	return s.noticeHeader(body, s.settings.clock.Now())
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

// newNoticeRecord is the notice about an order that was just paid; its first delivery is due at once.
func (s *Simulator) newNoticeRecord(order Order, now time.Time) *noticeRecord {
	id := noticeID(order.TransactionID)
	sealed, err := envelope(id, now, s.settings.apiV3Key, compactJSON(order.transaction()))
	if err != nil {
		panic(fmt.Sprintf("wechattest: %v", err)) // the key's length was checked in Open
	}
	return &noticeRecord{ID: id, Body: string(compactJSON(sealed)), URL: order.NotifyURL, Due: now}
}

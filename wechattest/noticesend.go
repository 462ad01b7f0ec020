package wechattest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// noticeTimeout is how long WeChat waits for the answer to a notice: real time, whatever the clock.
	// Source: pay.weixin.qq.com, 支付成功回调.
	noticeTimeout = 5 * time.Second
	// maxNoticeAnswer bounds what is read of a receiver's answer, in bytes.
	maxNoticeAnswer = 64 << 10
)

// newNotifyTransport is the network without what WeChat does not do either: proxies, compression.
func newNotifyTransport() *http.Transport {
	return &http.Transport{
		DialContext:        (&net.Dialer{Timeout: noticeTimeout}).DialContext,
		DisableCompression: true,
		MaxIdleConns:       maxNoticesUnderWay,
		IdleConnTimeout:    10 * time.Second,
	}
}

// HoldNotices stops the timetable, or lets it go on; what became due meanwhile is sent then. Deliveries under way end.
func (s *Simulator) HoldNotices(hold bool) { s.update(func(st *state) { st.NoticesHeld = hold }) }

// SendNotice delivers the notice about a paid order now: held or not, accepted before or not, beside a delivery under
// way if there is one. The timetable stays as it is, but ends when this delivery is accepted. That the receiver refuses
// is no error; see the attempt.
func (s *Simulator) SendNotice(ctx context.Context, outTradeNo string) (NoticeAttempt, error) {
	order, _ := s.Order(outTradeNo)
	attempt, err := s.sendByHand(ctx, noticeID(order.TransactionID))
	if err != nil {
		return NoticeAttempt{}, fmt.Errorf("wechattest: order %q has no notice: it is not paid", outTradeNo)
	}
	return attempt, nil
}

// SendRefundNotice delivers the newest notice about an ended refund now, like [Simulator.SendNotice].
func (s *Simulator) SendRefundNotice(ctx context.Context, outRefundNo string) (NoticeAttempt, error) {
	refund, _ := s.Refund(outRefundNo)
	var id string
	s.view(func(st *state) { id = st.refundNoticeID(refund) })
	attempt, err := s.sendByHand(ctx, id)
	if err != nil {
		return NoticeAttempt{}, fmt.Errorf("wechattest: refund %q has no notice: it has not ended, or has no notify_url", outRefundNo)
	}
	return attempt, nil
}

var errNoNotice = errors.New("wechattest: no such notice")

func (s *Simulator) sendByHand(ctx context.Context, id string) (NoticeAttempt, error) {
	var known bool
	s.view(func(st *state) { known = st.Notices[id] != nil })
	if !known {
		return NoticeAttempt{}, errNoNotice
	}
	attempt := s.post(ctx, id, nil, false)
	attempt.Manual = true
	s.update(func(st *state) {
		if notice := st.Notices[id]; notice != nil {
			attempt = st.record(attempt, notice, notice.Due)
		}
	})
	return attempt, nil
}

// Attempts is the journal of deliveries, oldest first: of one order and its refunds, or of all if outTradeNo is empty.
// It goes back 10,000 deliveries.
func (s *Simulator) Attempts(outTradeNo string) []NoticeAttempt {
	var attempts []NoticeAttempt
	s.view(func(st *state) {
		attempts = slices.DeleteFunc(slices.Clone(st.Journal), func(a NoticeAttempt) bool {
			return outTradeNo != "" && a.OutTradeNo != outTradeNo
		})
	})
	return attempts
}

// post delivers a notice once: the same body each time, a fresh timestamp, nonce and signature. Redirects count as
// refusals, since they are not followed. A deaf WeChat does not hear the answer.
func (s *Simulator) post(ctx context.Context, id string, spoil func(*Notice, noticeRecord), deaf bool) NoticeAttempt {
	var record noticeRecord
	s.view(func(st *state) {
		if found := st.Notices[id]; found != nil {
			record = *found
		}
	})
	now, started := s.settings.clock.Now(), time.Now()
	attempt := NoticeAttempt{
		NoticeID: record.ID, EventType: record.EventType, OutTradeNo: record.OutTradeNo, OutRefundNo: record.OutRefundNo,
		URL: record.URL, At: now,
	}
	ctx, cancel := context.WithTimeout(ctx, noticeTimeout)
	defer cancel()

	notice := Notice{s.noticeHeader([]byte(record.Body), s.SigningTime()), []byte(record.Body)}
	if record.XML {
		notice.Header = http.Header{"Content-Type": {"text/xml"}, "User-Agent": {"Mozilla/4.0"}, "Accept": {"*/*"}}
	} else if spoil != nil {
		spoil(&notice, record)
	}
	status, answer, err := s.roundTrip(ctx, notice, record.URL)
	if deaf && err == nil {
		status, err = 0, fmt.Errorf("the answer %d was lost by a script", status)
	}
	attempt.Latency, attempt.Status = time.Since(started), status
	if err != nil {
		attempt.Error = err.Error()
	}
	if record.XML && attempt.Accepted() && !strings.Contains(answer, "SUCCESS") { // API v2 reads the answer
		attempt.Status, attempt.Error = 0, "the answer to an API v2 notice must say return_code SUCCESS"
	}
	s.observe(Exchange{
		At: now, Latency: attempt.Latency, Direction: FromWeChat, Method: http.MethodPost, Path: record.URL,
		Status: status, RequestBody: string(notice.Body), ResponseBody: answer, Error: attempt.Error,
	})
	return attempt
}

func (s *Simulator) roundTrip(ctx context.Context, notice Notice, url string) (int, string, error) {
	request, err := notice.Request(ctx, url)
	if err != nil {
		return 0, "", err
	}
	response, err := s.notifier.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxNoticeAnswer))
	if err != nil {
		return 0, "", fmt.Errorf("read the answer: %w", err)
	}
	return response.StatusCode, string(answer), nil
}

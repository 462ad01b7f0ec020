package control

import (
	"cmp"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"wgink.ink/wechat/wechattest"
)

// Forgery is a deliberately wrong notice that was sent once, and what came of it.
type Forgery struct {
	At          time.Time         `json:"at"`
	OutTradeNo  string            `json:"out_trade_no"`
	OutRefundNo string            `json:"out_refund_no,omitempty"`
	Changes     map[string]string `json:"changes"` // none: right, but about a payment that never was
	URL         string            `json:"url"`
	Status      int               `json:"status"` // 0: no answer
	LatencyMS   float64           `json:"latency_ms"`
	Answer      string            `json:"answer,omitempty"`
	Error       string            `json:"error,omitempty"`
}

const (
	forgedKept     = 1000
	forgeryTimeout = 5 * time.Second // as WeChat
	answerKept     = 4 << 10         // bytes
)

// triggerNotice sends the notice of an order, or of a refund if one is named, with changes. An order that is not paid
// stays so.
func (s *Server) triggerNotice(ctx context.Context, t Trigger) (any, error) {
	changes, err := s.noticeChanges(t.Changes)
	if err != nil {
		return nil, err
	}
	notice, order, err := s.forge(ctx, t, changes)
	if err != nil {
		return nil, err
	}
	f := Forgery{
		At: s.wechat.Now(), OutTradeNo: order.OutTradeNo, OutRefundNo: t.OutRefundNo, Changes: maps.Clone(t.Changes),
		URL: cmp.Or(t.NotifyURL, order.NotifyURL),
	}
	s.send(ctx, notice, &f)
	s.mu.Lock()
	s.forged = append(s.forged, f)
	s.forged = slices.Clone(s.forged[max(0, len(s.forged)-forgedKept):])
	s.mu.Unlock()
	details := s.details(order.OutTradeNo)
	return Triggered{
		Event: t.Event, Result: &details, Forgery: &f,
		Accepted: f.Status == http.StatusOK || f.Status == http.StatusNoContent,
	}, nil
}

func (s *Server) forge(ctx context.Context, t Trigger, changes []wechattest.NoticeChange) (wechattest.Notice, wechattest.Order, error) {
	if t.OutRefundNo == "" {
		order, err := s.orderFor(ctx, t)
		if err != nil {
			return wechattest.Notice{}, order, err
		}
		notice, err := s.wechat.Notice(order.OutTradeNo, changes...)
		return notice, order, err
	}
	refund, found := s.wechat.Refund(t.OutRefundNo)
	if !found {
		return wechattest.Notice{}, wechattest.Order{}, missing("there is no refund %q", t.OutRefundNo)
	}
	order, err := s.findOrder(refund.OutTradeNo)
	if err != nil {
		return wechattest.Notice{}, order, err
	}
	order.NotifyURL = cmp.Or(refund.NotifyURL, order.NotifyURL)
	notice, err := s.wechat.RefundNotice(t.OutRefundNo, changes...)
	return notice, order, err
}

// send delivers a forgery once and notes what came of it.
func (s *Server) send(ctx context.Context, notice wechattest.Notice, f *Forgery) {
	ctx, cancel := context.WithTimeout(ctx, forgeryTimeout)
	defer cancel()
	began := time.Now()
	err := func() error {
		request, err := notice.Request(ctx, f.URL)
		if err != nil {
			return err
		}
		response, err := s.config.Transport.RoundTrip(request)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }()
		f.Status = response.StatusCode
		answer, err := io.ReadAll(io.LimitReader(response.Body, answerKept))
		f.Answer = string(answer)
		return err
	}()
	f.LatencyMS = milliseconds(time.Since(began))
	if err != nil {
		f.Error = err.Error()
	}
}

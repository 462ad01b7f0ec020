package wechattest

import (
	"net/http"
	"time"
)

// NoticeAttempt is one delivery of a notice and what came of it.
type NoticeAttempt struct {
	NoticeID    string        `json:"notice_id"`
	EventType   string        `json:"event_type"`
	OutTradeNo  string        `json:"out_trade_no"` // empty for events of [Simulator.SendEvent]
	OutRefundNo string        `json:"out_refund_no,omitempty"`
	URL         string        `json:"url"`
	Number      int           `json:"number"` // 1 is the first delivery
	Manual      bool          `json:"manual"` // sent by SendNotice, outside the timetable
	At          time.Time     `json:"at"`     // by the simulator's clock
	Latency     time.Duration `json:"latency"`
	Status      int           `json:"status"`          // 0: no answer
	Error       string        `json:"error,omitempty"` // why there was no answer
	Next        time.Time     `json:"next,omitzero"`   // when the next retry is due; zero: none
}

// Accepted says whether the receiver took the notice: 200 or 204, whatever the body.
func (a NoticeAttempt) Accepted() bool {
	return a.Status == http.StatusOK || a.Status == http.StatusNoContent
}

// RetryTimetable is how long WeChat waits after each refused or unanswered delivery before the next: 15 retries in
// 24 h 4 min. Source: pay.weixin.qq.com, 支付成功回调.
func RetryTimetable() []time.Duration {
	const s, m, h = time.Second, time.Minute, time.Hour
	return []time.Duration{
		15 * s, 15 * s, 30 * s, 3 * m, 10 * m, 20 * m, 30 * m, 30 * m, 30 * m, 60 * m, 3 * h, 3 * h, 3 * h, 6 * h, 6 * h,
	}
}

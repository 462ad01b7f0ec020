package wechattest

import "time"

// Direction says who called whom.
type Direction string

const (
	// ToWeChat is a request that the simulator answered.
	ToWeChat Direction = "to-wechat"
	// FromWeChat is a notice that the simulator sent.
	FromWeChat Direction = "from-wechat"
)

// Exchange is one request and its answer, as a page for people shows it. App secret, session_key and access_token are
// masked; the Authorization header is left out.
type Exchange struct {
	At           time.Time     `json:"at"`      // by the simulator's clock
	Latency      time.Duration `json:"latency"` // real time, in nanoseconds
	Direction    Direction     `json:"direction"`
	Method       string        `json:"method"`
	Path         string        `json:"path"`   // path and query; for notices the whole URL
	Status       int           `json:"status"` // 0: no answer
	RequestBody  string        `json:"request_body"`
	ResponseBody string        `json:"response_body"`   // as it was sent, even if it did not arrive
	Error        string        `json:"error,omitempty"` // why there was no answer, or why it does not count
}

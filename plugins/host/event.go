package host

import "time"

// Event is what is handed to a plugin.
type Event struct {
	ID         string // the idempotency key
	Type       string // payment.succeeded, user.created, refund.succeeded…
	WeChatType string // the event type as WeChat writes it; empty for user events
	Subject    string // out_trade_no, openid
	Attempt    uint32 // 1 until a hand-over failed or was a crash; one more for each of these since
	OccurredAt time.Time
	Replay     bool   // an operator asked for it again
	Shadow     bool   // it was handled already: the plugin shall have no effect
	Compared   bool   // it was compared with a stored order
	Payload    []byte // decrypted WeChat JSON for notices; our own JSON for user events
}

// Result is what became of a hand-over.
type Result int

// The results. Only Retry and Reject count as an attempt.
const (
	// NotReady: the plugin could not take the event. No penalty; try again when Capacity is more than zero and After
	// is over.
	NotReady Result = iota
	// Done: the event had its effect.
	Done
	// Retry: hand it over again, after After when that is set, else on the usual schedule.
	Retry
	// Reject: never again; a person will look at it.
	Reject
	// Crashed: the process ended while it had the event. Whether the effect happened is unknown.
	Crashed
)

// String names the result.
func (r Result) String() string {
	switch r {
	case NotReady:
		return "not-ready"
	case Done:
		return "done"
	case Retry:
		return "retry"
	case Reject:
		return "reject"
	case Crashed:
		return "crashed"
	default:
		return "unknown"
	}
}

// Outcome is the answer to a hand-over.
type Outcome struct {
	Result  Result
	After   time.Duration // the shortest wait; zero means the caller's schedule
	Code    string        // a stable word for counting: "handler", "panic", "deadline", "crashed"…
	Message string        // for people; never a secret
	Version string        // of the plugin whose process had the event; empty when none had
}

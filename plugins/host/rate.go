package host

import (
	"sync"
	"time"
)

// A plugin may call its host this often: callsPerSecond in the long run, callsAtOnce after a pause. A handler that makes
// a few calls for each event stays far below; a loop that runs wild does not reach WeChat.
const (
	callsPerSecond = 100
	callsAtOnce    = 200
)

// rate is a token bucket.
type rate struct {
	mu     sync.Mutex
	tokens float64
	at     time.Time
	told   time.Time // when the last refusal was logged
}

func newRate(now time.Time) *rate { return &rate{tokens: callsAtOnce, at: now} }

// allow tells whether one more call may be made.
func (r *rate) allow(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if passed := now.Sub(r.at); passed > 0 {
		r.tokens = min(callsAtOnce, r.tokens+passed.Seconds()*callsPerSecond)
		r.at = now
	}
	if r.tokens < 1 {
		return false
	}
	r.tokens--
	return true
}

// worthALine tells whether a refusal should be logged: one a second is enough.
func (r *rate) worthALine(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.told) < time.Second {
		return false
	}
	r.told = now
	return true
}

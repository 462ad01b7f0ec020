package host

import (
	"sync"
	"time"
)

// rate is a token bucket.
type rate struct {
	perSecond, atOnce float64

	mu     sync.Mutex
	tokens float64
	at     time.Time
}

func newRate(perSecond, atOnce float64, now time.Time) *rate {
	return &rate{perSecond: perSecond, atOnce: atOnce, tokens: atOnce, at: now}
}

// allow tells whether one more may pass.
func (r *rate) allow(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if passed := now.Sub(r.at); passed > 0 {
		r.tokens = min(r.atOnce, r.tokens+passed.Seconds()*r.perSecond)
		r.at = now
	}
	if r.tokens < 1 {
		return false
	}
	r.tokens--
	return true
}

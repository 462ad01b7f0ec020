package host

import (
	"math/rand/v2"
	"time"
)

// backoff spaces the restarts of one plugin: the first at once, because a lone crash costs 50 ms, then longer and
// longer. It never gives up: events wait meanwhile, and many loops heal when a dependency comes back.
type backoff struct {
	first, limit, reset time.Duration
	restarts            int
	jitter              func() float64 // 0 ≤ x < 1
}

func newBackoff(t timing) *backoff {
	return &backoff{first: t.backoffFirst, limit: t.backoffMax, reset: t.backoffReset, jitter: rand.Float64}
}

// next is the wait before the next start, after a process that had been ready for so long.
func (b *backoff) next(readyFor time.Duration) time.Duration {
	if readyFor >= b.reset {
		b.restarts = 0
	}
	b.restarts++
	if b.restarts == 1 {
		return 0
	}
	wait := b.first
	for range b.restarts - 2 {
		if wait *= 2; wait >= b.limit {
			wait = b.limit
			break
		}
	}
	return time.Duration(float64(wait) * (0.8 + 0.2*b.jitter()))
}

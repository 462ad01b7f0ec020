package host

import (
	"math/rand/v2"
	"slices"
	"time"
)

// backoff spaces the restarts of one plugin: the first at once, because a lone crash costs 50 ms, then longer and
// longer. It never gives up: events wait meanwhile, and many loops heal when a dependency comes back.
type backoff struct {
	timing
	restarts int         // in a row
	exits    []time.Time // lately
	jitter   func() float64
	now      func() time.Time
}

// ending is how the life of a process ended.
type ending struct {
	readyFor time.Duration
	outside  bool // somebody else killed it: an operator, a supervisor, the kernel short of memory
}

func newBackoff(t timing) *backoff { return &backoff{timing: t, jitter: rand.Float64, now: time.Now} }

// next is the wait before the next start. alarm is true when this exit is the one too many within alarmWithin; from then
// on waits may become longer, until the exits are further apart.
//
// A process that was killed from outside gave no reason to believe that the next one fares worse, so the wait for that is
// no longer than the process was ready. Without that, a plugin that somebody kills every five seconds would be up for a
// quarter of the time and away for a minute at a stretch; with it, for half, and for five seconds.
func (b *backoff) next(e ending) (wait time.Duration, alarm bool) {
	now := b.now()
	if e.readyFor >= b.backoffReset {
		b.restarts, b.exits = 0, nil
	}
	before := b.alarmed()
	b.exits = append(b.exits, now)
	b.exits = slices.DeleteFunc(b.exits, func(at time.Time) bool { return now.Sub(at) >= b.alarmWithin })
	b.restarts++
	return b.wait(e), b.alarmed() && !before
}

// alarmed tells whether the plugin keeps ending.
func (b *backoff) alarmed() bool { return len(b.exits) >= b.alarmExits }

func (b *backoff) wait(e ending) time.Duration {
	if b.restarts == 1 {
		return 0
	}
	limit := b.backoffMax
	if b.alarmed() {
		limit = b.alarmMax
	}
	wait := b.backoffFirst
	for range b.restarts - 2 {
		if wait *= 2; wait >= limit {
			wait = limit
			break
		}
	}
	if e.outside {
		wait = min(wait, max(e.readyFor, b.backoffFirst))
	}
	return time.Duration(float64(wait) * (0.8 + 0.2*b.jitter()))
}

package wechattest

import (
	"sync"
	"time"
)

// Clock is the time a simulator lives by: signatures, code and token lives, order expiry and notice retries follow it.
type Clock interface {
	// Now is the present moment.
	Now() time.Time
	// WakeAt returns a channel that receives once when Now reaches t, and a function that gives the channel up.
	WakeAt(t time.Time) (wake <-chan time.Time, stop func())
}

// systemClock is the real time.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) WakeAt(t time.Time) (<-chan time.Time, func()) {
	timer := time.NewTimer(time.Until(t))
	return timer.C, func() { timer.Stop() }
}

// VirtualClock is a [Clock] that stands still until it is told to advance. Make one with [NewClock].
type VirtualClock struct {
	mu    sync.Mutex
	now   time.Time
	wakes map[chan time.Time]time.Time // sleeper → when to wake it
}

// NewClock returns a clock that stands at start.
func NewClock(start time.Time) *VirtualClock {
	return &VirtualClock{now: start, wakes: map[chan time.Time]time.Time{}}
}

// Now is the moment the clock stands at.
func (c *VirtualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward by d and wakes whoever waited for a moment up to then. Work that becomes due, such as
// a notice retry, runs in the simulator's goroutines: wait for it with [Simulator.Settle].
func (c *VirtualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for wake, t := range c.wakes {
		if !t.After(c.now) {
			wake <- c.now // buffered, and sent once
			delete(c.wakes, wake)
		}
	}
}

// WakeAt implements [Clock].
func (c *VirtualClock) WakeAt(t time.Time) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wake := make(chan time.Time, 1)
	if !t.After(c.now) {
		wake <- c.now
		return wake, func() {}
	}
	c.wakes[wake] = t
	return wake, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.wakes, wake)
	}
}

var (
	_ Clock = systemClock{}
	_ Clock = (*VirtualClock)(nil)
)

package wechattest

import (
	"sync"
	"time"
)

// SpeedClock is a [Clock] for people: the real time, but faster, so that two hours pass in two minutes. Expiry, the lives
// of codes, tokens and prepay_ids, refunds, bills and the retry timetable follow it, and so do the times in answers.
// What a shop compares with its own clock stays on the real time: signatures, the Date header, watermarks, and the
// time_expire of an order, which is understood as so long from now. Make one with [NewSpeedClock].
type SpeedClock struct {
	speed float64
	began time.Time // real

	mu    sync.Mutex
	start time.Time // what the clock showed then
}

// NewSpeedClock returns a clock that shows the present time and runs speed times as fast from now on.
func NewSpeedClock(speed float64) *SpeedClock {
	now := time.Now().Round(0) // the time of day, which goes on while a computer sleeps
	return &SpeedClock{speed: speed, began: now, start: now}
}

// Now is the moment that the clock shows.
func (c *SpeedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.start.Add(time.Duration(float64(time.Since(c.began)) * c.speed)).Round(0)
}

// WakeAt implements [Clock].
func (c *SpeedClock) WakeAt(t time.Time) (<-chan time.Time, func()) {
	timer := time.NewTimer(time.Duration(float64(t.Sub(c.Now())) / c.speed))
	return timer.C, func() { timer.Stop() }
}

// catchUp puts the clock forward to t, if it is behind: what was remembered must not lie in the future.
func (c *SpeedClock) catchUp(t time.Time) {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Before(t) {
		c.start = c.start.Add(t.Sub(now))
	}
}

// ahead is how far the simulator's clock is before that of its clients.
func (s *Simulator) ahead() time.Duration {
	if clock, is := s.settings.clock.(*SpeedClock); is {
		return time.Until(clock.Now())
	}
	return 0
}

// clientNow is the present moment by the clock of its clients.
func (s *Simulator) clientNow() time.Time { return s.settings.clock.Now().Add(-s.ahead()) }

// SigningTime is the moment by which signatures are made and judged: [Simulator.Now], unless a script's skew or a
// [SpeedClock] sets the two apart.
func (s *Simulator) SigningTime() time.Time { return s.clientNow().Add(s.faults.skew()) }

var _ Clock = (*SpeedClock)(nil)

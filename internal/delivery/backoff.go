package delivery

import (
	"math/rand/v2"
	"time"

	"wgink.ink/wechat/internal/store"
)

// When tries end: a delivery is dead when it is older than horizon and has failed at least minFailures times. The second
// condition spares events whose plugin was away for days.
const (
	horizon     = 72 * time.Hour
	minFailures = 12
	crashWait   = 100 * time.Millisecond // doubled with each crash
	crashCap    = 30 * time.Second
	notReady    = 250 * time.Millisecond
)

// schedule is the wait after the 1st, 2nd, … failure; the last one repeats.
var schedule = [...]time.Duration{ //nolint:gochecknoglobals // a constant table
	time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 3 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour,
}

// next turns an outcome into what is written to the row. age is how long the current series of tries has lasted.
func next(d store.Delivery, o Outcome, age time.Duration) store.Finish {
	f := store.Finish{Code: o.Code, Error: o.Message}
	switch o.Result {
	case Done:
		f.State = store.Done
	case Reject:
		f.State, f.Failure = store.Dead, true
	case NotReady:
		f.State, f.After = store.Pending, notReady
	case Crashed:
		f.State, f.Crash, f.After = store.Pending, true, jitter(min(crashWait<<min(d.Crashes, 16), crashCap))
	default: // Retry, and anything unknown: an event is never lost to a misunderstanding
		f.State, f.Failure = store.Pending, true
		f.After = o.After
		if f.After <= 0 {
			f.After = jitter(schedule[min(d.Failures, len(schedule)-1)])
		}
		if age >= horizon && d.Failures+1 >= minFailures {
			f.State = store.Dead
		}
	}
	return f
}

// jitter spreads a wait by ±20 %, so that what failed together does not come back together.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // not a secret
}

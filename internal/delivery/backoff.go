package delivery

import (
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"

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
	retryFloor  = 250 * time.Millisecond // of a plugin's own wait: a slip of the pen must not keep a core busy
	poison      = 3                      // deaths of the plugin with nothing but this event in its hands
	textLimit   = 500                    // characters of a plugin's message that are kept
)

// schedule is the wait after the 1st, 2nd, … failure; the last one repeats.
var schedule = [...]time.Duration{ //nolint:gochecknoglobals // a constant table
	time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 3 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 3 * time.Hour, 6 * time.Hour,
}

// next turns an outcome into what is written to the row. solo: the plugin had nothing else in its hands.
func next(d store.Delivery, o Outcome, solo bool) store.Finish {
	f := store.Finish{Delivery: d, Solo: solo, Code: clean(o.Code), Error: clean(o.Message)}
	switch o.Result {
	case Done:
		f.State = store.Done
	case Reject:
		f.State, f.Failure = store.Dead, true
	case NotReady:
		f.State, f.Suspect, f.After = store.Pending, d.Suspect, max(o.After, notReady)
	case Crashed:
		f.State, f.Crash, f.Suspect = store.Pending, true, true
		f.After = jitter(min(crashWait<<min(d.Crashes, 16), crashCap))
		if solo && d.SoloCrashes+1 >= poison {
			f.State, f.Suspect, f.Code = store.Dead, false, "poison"
		}
	default: // Retry, and anything unknown: an event is never lost to a misunderstanding
		f.State, f.Failure = store.Pending, true
		f.After = min(max(o.After, retryFloor), horizon) // a wait of years is a slip of the pen, and would be a loss
		if o.After <= 0 {
			f.After = jitter(schedule[min(d.Failures, len(schedule)-1)])
		}
		// Both instants are the database's: the claim wrote updated_at.
		age := d.UpdatedAt.Time().Sub(d.SinceAt.Time())
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

// clean makes a plugin's words fit for a text column: both databases refuse or change a NUL and bad UTF-8, and an
// outcome that cannot be written would come back for ever.
func clean(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
	if utf8.RuneCountInString(text) > textLimit {
		text = string([]rune(text)[:textLimit]) + "…"
	}
	return text
}

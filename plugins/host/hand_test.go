package host

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What the host may conclude about a handler whose call has ended, and from what.
func TestHandKnowsWhatMayRun(t *testing.T) {
	t.Parallel()
	now := time.Now()
	const soon = time.Hour // in place of the longest that a handler may take
	for name, tc := range map[string]struct {
		until time.Duration
		then  func(h *hand, ended time.Time)
		may   bool
	}{
		"GivenUp":           {soon, func(*hand, time.Time) {}, true},
		"Expired":           {-soon, func(*hand, time.Time) {}, false},
		"ExpiredAndLeaving": {-soon, func(h *hand, _ time.Time) { h.leave() }, true},
		"LeavingStaysStrict": {-soon, func(h *hand, _ time.Time) {
			h.leave()
			h.take("e2")
			h.give("e2", false, now.Add(soon))
		}, true},
		"NothingRuns":           {soon, func(h *hand, ended time.Time) { h.learn(ended, ended, 0, 0) }, false},
		"NothingRunsAndLeaving": {soon, func(h *hand, ended time.Time) { h.leave(); h.learn(ended, ended, 0, 0) }, false},
		"AskedTooEarly":         {soon, func(h *hand, ended time.Time) { h.learn(ended.Add(-soon), ended, 0, 0) }, true},
		"OthersRun": {soon, func(h *hand, ended time.Time) {
			h.learn(ended, ended.Add(1), 1, time.Nanosecond) // it may not have read of the end when this one began
		}, true},
		"OthersRunThatBeganLater": {soon, func(h *hand, ended time.Time) {
			h.learn(ended, ended.Add(time.Second), 1, time.Minute)
			h.learn(ended.Add(3*time.Second), ended.Add(3*time.Second), 1, time.Second)
		}, false},
		"OneRunsThatMayBeIt": {soon, func(h *hand, ended time.Time) {
			h.learn(ended, ended.Add(time.Second), 1, time.Minute)
			h.learn(ended.Add(3*time.Second), ended.Add(3*time.Second), 1, 2*time.Second)
		}, true},
		"AgeIsNotTold": {soon, func(h *hand, ended time.Time) {
			h.learn(ended, ended.Add(time.Second), 1, 0)
			h.learn(ended.Add(3*time.Second), ended.Add(3*time.Second), 1, 0)
		}, true},
		"HandedOverAgain": {-soon, func(h *hand, _ time.Time) { h.take("e1") }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHand()
			h.take("e1")
			h.give("e1", false, now.Add(tc.until))
			tc.then(h, time.Now())
			require.Equal(t, tc.may, h.has("e1"))
		})
	}
}

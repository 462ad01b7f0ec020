package host

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/plugins/internal/wire"
)

// side is some events in a row: of the canary, or of the stable version.
type side struct {
	canary         bool
	events, errors int // the errors come last
}

func canaryHad(events, errors int) side { return side{true, events, errors} }
func stableHad(events, errors int) side { return side{false, events, errors} }

// mixed has nine events of the stable version before each of the canary.
func mixed(events, errors int) (sides []side) {
	for range events {
		sides = append(sides, stableHad(9, 9*errors), canaryHad(1, errors))
	}
	return sides
}

// fill notes what happened and tells after how many events of the canary it would be rolled back; zero for never.
func fill(by *trialPlan, sides ...side) (at int, why error) {
	w, tried := newWindow(by.minEvents), 0
	for _, s := range sides {
		for n := range s.events {
			failed := n >= s.events-s.errors
			if !s.canary {
				w.compare(failed)
				continue
			}
			tried++
			w.try(failed)
			if why := judge(w, by); why != nil {
				return tried, why
			}
		}
	}
	return 0, nil
}

func TestJudge(t *testing.T) {
	t.Parallel()
	by := &trialPlan{minEvents: 50, maxErrors: 2} // so the last 500 count
	for name, tc := range map[string]struct {
		sides []side
		at    int
		why   string
	}{
		"Good":               {[]side{stableHad(900, 0), canaryHad(100, 0)}, 0, ""},
		"TooFewToJudge":      {[]side{stableHad(900, 0), canaryHad(49, 49)}, 0, ""},
		"Bad":                {[]side{stableHad(900, 0), canaryHad(100, 100)}, 50, "more than 2 percentage points apart"},
		"BothBad":            {[]side{stableHad(100, 50), canaryHad(100, 50)}, 0, ""},
		"NothingToCompare":   {[]side{canaryHad(60, 60)}, 50, "the stable version's 0 meanwhile are too few"},
		"OneFailureExcuses":  {[]side{stableHad(1, 1), canaryHad(60, 60)}, 50, "more than 2 %; the stable version's 1 meanwhile are too few"},
		"AlmostEnough":       {[]side{stableHad(49, 49), canaryHad(60, 60)}, 50, "too few"},
		"Enough":             {[]side{stableHad(50, 50), canaryHad(60, 60)}, 0, ""},
		"TurnsBadLate":       {[]side{stableHad(500_000, 0), canaryHad(50_000, 0), stableHad(90, 0), canaryHad(100, 100)}, 50_011, "it failed 11 of its last 500 events (2.2 %)"},
		"OnceBadNowGood":     {[]side{stableHad(1000, 0), canaryHad(500, 10), canaryHad(500, 0), canaryHad(500, 10)}, 0, ""},
		"OutageLeavesBoth":   {append(mixed(100, 1), mixed(1000, 0)...), 0, ""},
		"StableWasBadBefore": {[]side{stableHad(900, 900), canaryHad(501, 0), stableHad(900, 0), canaryHad(100, 100)}, 512, "it failed 11 of its last 500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, why := fill(by, tc.sides...)
			require.Equal(t, tc.at, at)
			if tc.at > 0 {
				require.ErrorContains(t, why, tc.why)
			}
		})
	}
}

func TestWindowIsBounded(t *testing.T) {
	t.Parallel()
	require.Equal(t, 10, newWindow(1).size)
	require.Equal(t, windowMax, newWindow(5000).size)
	require.Equal(t, 100_000, newWindow(100_000).size)
}

// Events of kinds that the canary does not get say nothing about it.
func TestOnlyKindsOfTheCanaryAreCompared(t *testing.T) {
	t.Parallel()
	tp := &trialPlan{plan: &plan{id: "fulfil", version: "1.5.0", manifest: Manifest{Handles: []wire.Pattern{"test"}}}, share: 1, minEvents: 50}
	tr := &trial{plan: tp, state: CanaryShare, window: newWindow(50)}
	for n := range 100 {
		ev := event(string(rune('a'+n)), "count")
		tr.compare(ev, Outcome{Result: Done})
		ev.Type = "payment.succeeded"
		tr.compare(ev, Outcome{Result: Reject})
	}
	require.Zero(t, tr.compared.Errors)
	require.NotZero(t, tr.compared.Events)
}

package delivery

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/store"
)

func TestScheduleGrowsToSixHours(t *testing.T) {
	t.Parallel()
	for failures, want := range []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 3 * time.Minute, 10 * time.Minute,
		30 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 6 * time.Hour, 6 * time.Hour,
	} {
		f := next(aged(failures, time.Hour), Outcome{Result: Retry}, false)
		require.InDelta(t, want, f.After, 0.21*float64(want), "after failure %d", failures+1)
		require.True(t, f.Failure)
	}
}

func TestDeadNeedsAgeAndFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failures int
		age      time.Duration
		want     string
	}{
		"young, many failures":              {50, 71 * time.Hour, store.Pending},
		"old, few: the plugin was away":     {3, 100 * time.Hour, store.Pending},
		"old and many":                      {11, 72 * time.Hour, store.Dead},
		"the failure before the last of it": {10, 72 * time.Hour, store.Pending},
	} {
		got := next(aged(c.failures, c.age), Outcome{Result: Retry}, false)
		require.Equal(t, c.want, got.State, name)
	}
}

func TestCrashesAndNotReadyNeverKillAnEvent(t *testing.T) {
	t.Parallel()
	for _, result := range []Result{Crashed, NotReady} {
		d := aged(99, 1000*time.Hour)
		d.Crashes = 99
		f := next(d, Outcome{Result: result}, false)
		require.Equal(t, store.Pending, f.State)
		require.False(t, f.Failure)
		require.LessOrEqual(t, f.After, crashCap*13/10)
	}
}

func TestPluginsOwnWaitIsHonoured(t *testing.T) {
	t.Parallel()
	f := next(store.Delivery{}, Outcome{Result: Retry, After: 7 * time.Minute}, false)
	require.Equal(t, 7*time.Minute, f.After)
	f = next(store.Delivery{}, Outcome{Result: Retry, After: 1000 * horizon}, false)
	require.Equal(t, horizon, f.After, "not for years")
	f = next(store.Delivery{}, Outcome{Result: Retry, After: time.Nanosecond}, false)
	require.Equal(t, retryFloor, f.After, "not without end")
}

func aged(failures int, age time.Duration) store.Delivery {
	return store.Delivery{Failures: failures, SinceAt: 1, UpdatedAt: 1 + store.Millis(age.Milliseconds())}
}

func TestPoisonIsFoundAlone(t *testing.T) {
	t.Parallel()
	d := store.Delivery{Crashes: 7, SoloCrashes: poison - 1, Suspect: true}
	require.Equal(t, store.Pending, next(d, Outcome{Result: Crashed}, false).State, "in company it may be innocent")
	f := next(d, Outcome{Result: Crashed}, true)
	require.Equal(t, store.Dead, f.State)
	require.Equal(t, "poison", f.Code)
	for _, result := range []Result{Done, Retry, Reject} {
		require.False(t, next(d, Outcome{Result: result}, true).Suspect, "any answer clears a suspect")
	}
	require.True(t, next(d, Outcome{Result: NotReady}, true).Suspect, "not handed over: still a suspect")
}

func TestWordsOfPluginsAreCleaned(t *testing.T) {
	t.Parallel()
	require.Equal(t, "ab\uFFFDc", clean("a\x00b\xffc"))
	require.Len(t, []rune(clean(strings.Repeat("长", 5000))), textLimit+1)
}

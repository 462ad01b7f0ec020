package delivery

import (
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
		f := next(store.Delivery{Failures: failures}, Outcome{Result: Retry}, time.Hour)
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
		got := next(store.Delivery{Failures: c.failures}, Outcome{Result: Retry}, c.age)
		require.Equal(t, c.want, got.State, name)
	}
}

func TestCrashesAndNotReadyNeverKillAnEvent(t *testing.T) {
	t.Parallel()
	for _, result := range []Result{Crashed, NotReady} {
		f := next(store.Delivery{Failures: 99, Crashes: 99}, Outcome{Result: result}, 1000*time.Hour)
		require.Equal(t, store.Pending, f.State)
		require.False(t, f.Failure)
		require.LessOrEqual(t, f.After, crashCap*13/10)
	}
}

func TestPluginsOwnWaitIsHonoured(t *testing.T) {
	t.Parallel()
	f := next(store.Delivery{}, Outcome{Result: Retry, After: 7 * time.Minute}, 0)
	require.Equal(t, 7*time.Minute, f.After)
}

package host

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// restarts is a backoff without chance, under a clock that only the test moves.
func restarts() (*backoff, func(time.Duration)) {
	b := newBackoff(defaultTiming())
	now := time.Now()
	b.now = func() time.Time { return now }
	b.jitter = func() float64 { return 1 }
	return b, func(d time.Duration) { now = now.Add(d) }
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	b, pass := restarts()
	for i, want := range []time.Duration{
		0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second,
		32 * time.Second, time.Minute, time.Minute,
	} {
		wait, alarm := b.next(ending{readyFor: time.Minute})
		require.Equal(t, want, wait, "restart %d", i+1)
		require.False(t, alarm)
		pass(3 * time.Minute) // far enough apart for no alarm
	}
	wait, _ := b.next(ending{readyFor: 5 * time.Minute})
	require.Zero(t, wait, "a plugin that was ready for long begins anew")
	b.jitter = func() float64 { return 0 }
	wait, _ = b.next(ending{})
	require.Equal(t, 400*time.Millisecond, wait)
}

func TestAlarmAfterFiveExits(t *testing.T) {
	t.Parallel()
	b, pass := restarts()
	var alarms []int
	var longest time.Duration
	for i := range 20 {
		wait, alarm := b.next(ending{readyFor: time.Second})
		if alarm {
			alarms = append(alarms, i+1)
		}
		longest = max(longest, wait)
		pass(time.Second)
	}
	require.Equal(t, []int{5}, alarms, "once, and not for each exit after it")
	require.Equal(t, 5*time.Minute, longest)

	// Exits that are further apart end the alarm, and the next five raise it again.
	pass(20 * time.Minute)
	wait, alarm := b.next(ending{readyFor: time.Second})
	require.False(t, alarm)
	require.Equal(t, time.Minute, wait)
	for range 3 {
		_, alarm = b.next(ending{})
		require.False(t, alarm)
	}
	_, alarm = b.next(ending{})
	require.True(t, alarm)
}

func TestKillsFromOutsideCostNoMoreThanTheLifeTheyEnd(t *testing.T) {
	t.Parallel()
	// up is the share of ten minutes in which a plugin is ready that lives so long each time, and the longest wait.
	up := func(life time.Duration, outside bool) (share float64, longest time.Duration) {
		b, pass := restarts()
		var ready, total time.Duration
		for total < 10*time.Minute {
			wait, _ := b.next(ending{readyFor: life, outside: outside})
			pass(life + wait)
			ready, total, longest = ready+life, total+life+wait, max(longest, wait)
		}
		return float64(ready) / float64(total), longest
	}
	share, longest := up(5*time.Second, true)
	require.Greater(t, share, 0.5)
	require.Equal(t, 5*time.Second, longest)
	share, longest = up(5*time.Second, false) // its own fault
	require.Less(t, share, 0.15)
	require.Greater(t, longest, time.Minute)
	share, longest = up(10*time.Millisecond, true) // not restarted more often than twice a second
	require.Less(t, share, 0.03)
	require.Equal(t, 500*time.Millisecond, longest)
}

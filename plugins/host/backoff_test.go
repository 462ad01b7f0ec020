package host

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	b := newBackoff(defaultTiming())
	b.jitter = func() float64 { return 1 }
	for i, want := range []time.Duration{
		0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second,
		32 * time.Second, time.Minute, time.Minute,
	} {
		require.Equal(t, want, b.next(time.Minute), "restart %d", i+1)
	}
	require.Zero(t, b.next(5*time.Minute), "a plugin that was ready for long begins anew")
	b.jitter = func() float64 { return 0 }
	require.Equal(t, 400*time.Millisecond, b.next(0))
	for range 10_000 {
		require.LessOrEqual(t, b.next(0), time.Minute)
	}
}

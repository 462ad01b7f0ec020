package outbound

import (
	"context"
	"math/rand/v2"
	"time"
)

// Jitter moves d by up to share of itself, either way, so that hosts do not act in step.
func Jitter(d time.Duration, share float64) time.Duration {
	return time.Duration(float64(d) * (1 - share + 2*share*rand.Float64())) //nolint:gosec // nothing secret about a pause
}

// Sleep waits for d, or until ctx ends and then gives its error.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

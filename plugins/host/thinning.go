package host

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// So many records of calls in vain are logged: vainPerSecond in the long run, vainAtOnce after a pause. A record has 4 KiB
// at most, so that a plugin which asks in a loop for what it may not have leaves 240 KiB a minute.
const (
	vainPerSecond = 1
	vainAtOnce    = 20
)

// thinning lets a few of many records into the log and counts the others.
type thinning struct {
	rate    *rate
	leftOut atomic.Int64
}

func newThinning(now time.Time) *thinning {
	return &thinning{rate: newRate(vainPerSecond, vainAtOnce, now)}
}

// pass tells whether a record may be logged, and how many were left out since the last one.
func (t *thinning) pass(now time.Time) (leftOut int64, ok bool) {
	if !t.rate.allow(now) {
		t.leftOut.Add(1)
		return 0, false
	}
	return t.leftOut.Swap(0), true
}

// end reports those left out last. It is called when a process has ended.
func (t *thinning) end(logger *slog.Logger) {
	if n := t.leftOut.Swap(0); n > 0 {
		logger.LogAttrs(context.Background(), slog.LevelWarn, "plugin called the host in vain too often, records were left out",
			slog.Int64("left_out", n))
	}
}

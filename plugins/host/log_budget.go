package host

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	linesPerSec = 500 // logged; the rest is counted
	// bytesPerMin bounds what a plugin that never stops printing leaves in the host's log; a burst may have as much at once.
	bytesPerMin = 1 << 20
)

// logBudget bounds what the processes of one plugin leave in the host's log.
type logBudget struct {
	now func() time.Time

	mu      sync.Mutex
	window  time.Time
	lines   int // in the window
	bytes   int // that may still be logged; filled up with each window
	dropped int // in the window
}

func newLogBudget() *logBudget { return &logBudget{now: time.Now, bytes: bytesPerMin} }

// pass tells whether a line of so many bytes may be logged.
func (b *logBudget) pass(logger *slog.Logger, bytes int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := b.now(); now.Sub(b.window) >= time.Second {
		b.report(logger)
		gained := min(now.Sub(b.window), time.Minute) * bytesPerMin / time.Minute
		b.window, b.lines, b.bytes = now, 0, min(b.bytes+int(gained), bytesPerMin)
	}
	b.lines++
	if b.lines > linesPerSec || bytes > b.bytes {
		b.dropped++
		return false
	}
	b.bytes -= bytes
	return true
}

// end reports lines dropped last. It is called when a process prints nothing more.
func (b *logBudget) end(logger *slog.Logger) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.report(logger)
}

// report is called with mu held.
func (b *logBudget) report(logger *slog.Logger) {
	if dropped := b.dropped; dropped > 0 {
		b.dropped = 0
		logger.LogAttrs(context.Background(), slog.LevelWarn, "plugin prints too much, lines were dropped",
			slog.Int("lines", dropped))
	}
}

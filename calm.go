package wechat

import (
	"context"
	"log/slog"
	"time"
)

// calmClock is the host's clock, and the machine's when that panics.
func calmClock(now func() time.Time) func() time.Time {
	return func() (at time.Time) {
		defer func() {
			if recover() != nil {
				at = time.Now()
			}
		}()
		return now()
	}
}

// calm keeps a panic of the host's log handler from ending the host: a record is lost instead. The module logs from
// goroutines of its own, which nobody else could protect.
type calm struct{ slog.Handler }

func calmed(log *slog.Logger) *slog.Logger { return slog.New(calm{log.Handler()}) }

// Enabled tells whether to log.
func (c calm) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	defer func() { _ = recover() }()
	return c.Handler.Enabled(ctx, level)
}

// Handle logs a record.
func (c calm) Handle(ctx context.Context, r slog.Record) (err error) {
	defer func() { _ = recover() }()
	return c.Handler.Handle(ctx, r)
}

// WithAttrs adds attributes to all records.
func (c calm) WithAttrs(attrs []slog.Attr) (h slog.Handler) {
	defer func() {
		if recover() != nil {
			h = c
		}
	}()
	return calm{c.Handler.WithAttrs(attrs)}
}

// WithGroup puts what follows into a group.
func (c calm) WithGroup(name string) (h slog.Handler) {
	defer func() {
		if recover() != nil {
			h = c
		}
	}()
	return calm{c.Handler.WithGroup(name)}
}

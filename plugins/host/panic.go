package host

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// safely runs f and turns a panic into an error: one of ours, or of the host's logger, must not end the host. The stack
// is logged, what was panicked with is not: it could hold a secret.
func safely(logger *slog.Logger, what string, f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("%s panicked with a %T; the stack is in the log", what, value)
			logPanic(logger, err, debug.Stack())
		}
	}()
	return f()
}

func logPanic(logger *slog.Logger, err error, stack []byte) {
	defer func() { _ = recover() }() // it may have been the logger that panicked
	logger.LogAttrs(context.Background(), slog.LevelError, "panic in the plugin host", slog.Any("error", err),
		slog.String("stack", string(stack)))
}

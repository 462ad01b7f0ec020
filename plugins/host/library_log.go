package host

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"

	"github.com/hashicorp/go-hclog"
)

// libraryLogger shows go-plugin's own messages at debug level, beside what the process prints: a plugin can cause as many
// of them. What matters in them the supervisor reports itself, in terms of plugins.
func libraryLogger(out *output) hclog.Logger {
	l := hclog.NewInterceptLogger(&hclog.LoggerOptions{Level: hclog.Debug, Output: io.Discard})
	l.RegisterSink(librarySink{out: out})
	return l
}

type librarySink struct{ out *output }

// Accept takes one message of hclog's.
func (s librarySink) Accept(name string, level hclog.Level, msg string, args ...any) {
	ctx, logger := context.Background(), s.out.logger
	if level < hclog.Debug || !logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	size := len(msg) + len(strconv.Quote(fmt.Sprint(args...)))
	if s.out.budget.pass(logger, size) {
		logger.DebugContext(ctx, msg, "library", "go-plugin", "logger", name, slog.Group("fields", args...)) //nolint:sloglint // the message is go-plugin's
	}
}

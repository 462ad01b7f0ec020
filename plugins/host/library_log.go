package host

import (
	"context"
	"io"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// libraryLogger shows go-plugin's own messages at debug level. What matters in them the supervisor reports itself, in
// terms of plugins.
func libraryLogger(logger *slog.Logger) hclog.Logger {
	l := hclog.NewInterceptLogger(&hclog.LoggerOptions{Level: hclog.Debug, Output: io.Discard})
	l.RegisterSink(librarySink{logger: logger})
	return l
}

type librarySink struct{ logger *slog.Logger }

// Accept takes one message of hclog's.
func (s librarySink) Accept(name string, level hclog.Level, msg string, args ...any) {
	if level < hclog.Debug {
		return
	}
	s.logger.DebugContext(context.Background(), msg, "library", "go-plugin", "logger", name, slog.Group("fields", args...)) //nolint:sloglint // the message is go-plugin's
}

package wechat_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/dbtest"
)

// gated is a log that takes no event until it is opened.
type gated struct {
	slog.Handler

	begun func()
	open  chan struct{}
}

// Enabled is always true.
func (gated) Enabled(context.Context, slog.Level) bool { return true }

// Handle waits with an event.
func (g gated) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "event (no plugin is configured)" {
		g.begun()
		<-g.open
	}
	return nil
}

// WithAttrs keeps the gate.
func (g gated) WithAttrs([]slog.Attr) slog.Handler { return g }

// What was queued for the log while there was no plugin is logged all the same when there is one.
func TestEventsForTheLogDoNotWaitForEver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		const events = 40 // more than the log takes at once
		begun, open := make(chan struct{}), make(chan struct{})
		gate := gated{slog.DiscardHandler, sync.OnceFunc(func() { close(begun) }), open}
		b := newBedWith(t, url, nil, []wechat.Option{wechat.WithLogger(slog.New(gate))})
		for i := range events {
			b.queueFor("log", fmt.Sprintf("e%d", i), fmt.Sprintf("s%d", i))
		}
		<-begun
		cfg := b.config(url)
		cfg.Plugins = config.Plugins{Dir: greeter(t), Mode: config.PluginsDev, Enabled: map[string]config.Plugin{"greeter": {
			Version: "1.2.3", Config: map[string]any{"greeting": "hello"}, Secrets: map[string]config.Secret{"TOKEN": "s3cret-token"},
		}}}
		require.NoError(t, b.module.ApplyPlugins(t.Context(), cfg))
		close(open)
		for i := range events {
			b.awaitDone(fmt.Sprintf("e%d", i))
		}
	})
}

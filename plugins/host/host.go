package host

import (
	"context"
	"errors"
	"log/slog"

	"wgink.ink/wechat/config"
)

// Options are the live objects a host may hand in.
type Options struct {
	// Logger receives the host's records and those of the plugins. Optional. Default: slog.Default().
	Logger *slog.Logger
	// Version is the host's own, told to plugins. Optional.
	Version string
}

// Host runs the enabled plugins.
type Host struct{}

var errUnfinished = errors.New("not built yet")

// New reads and checks the manifests of every enabled plugin. It starts nothing.
func New(cfg config.Plugins, opts Options) (*Host, error) { return &Host{}, nil }

// Start starts one supervisor per plugin and returns without waiting for them.
func (h *Host) Start(ctx context.Context) error { return errUnfinished }

// Stop drains and ends every process.
func (h *Host) Stop(ctx context.Context) error { return nil }

// Subscribers lists the plugins whose manifest handles the event type.
func (h *Host) Subscribers(eventType string) []string { return nil }

// Capacity is how many events the plugin would take now.
func (h *Host) Capacity(plugin string) int { return 0 }

// OnChange registers a function that is called, without blocking it for long, when a plugin may take work again.
func (h *Host) OnChange(fn func()) {}

// WaitReady returns when every enabled plugin is ready, or with the reason why one is not.
func (h *Host) WaitReady(ctx context.Context) error { return errUnfinished }

// List describes every enabled plugin, by id.
func (h *Host) List() []Info { return nil }

// Deliver hands one event to one plugin.
func (h *Host) Deliver(ctx context.Context, plugin string, ev Event) Outcome {
	return Outcome{Result: NotReady}
}

package wechat

import (
	"context"
	"fmt"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/plugins/host"
)

// PluginInfo describes one enabled plugin: its version, state, process, last errors and last hot swap.
type PluginInfo = host.Info

// Plugins describes every enabled plugin, by id.
func (m *Module) Plugins() []PluginInfo { return m.plugins.List() }

// ApplyPlugins makes the module run the plugins that cfg enables, without a gap and without losing an event: what is new
// starts, what is gone drains and stops, what differs is hot-swapped, what cannot run is tried again, the rest is left
// alone. Only the plugins part of cfg is taken; everything else in it needs a new module. Events for a plugin that is
// gone wait in the database until it is back.
//
// When cfg, a manifest or a plugin's file is wrong, nothing changes. Otherwise the error joins what did not succeed: a
// plugin whose new process did not become ready goes on as before. It fails before Start and after Stop.
func (m *Module) ApplyPlugins(ctx context.Context, cfg config.Config) error {
	cfg = cfg.WithDefaults()
	if err := cfg.Validate(); err != nil {
		return err
	}
	for _, h := range m.own {
		if _, twice := cfg.Plugins.Enabled[h.ID()]; twice {
			return fmt.Errorf("plugins.enabled.%s: a handler of the host's own has that id", h.ID())
		}
	}
	return m.plugins.Apply(ctx, cfg.Plugins)
}

// ReloadPlugin replaces a plugin's process by a new one in a hot swap; its manifest and files are read anew.
func (m *Module) ReloadPlugin(ctx context.Context, plugin string) error {
	return m.plugins.Reload(ctx, plugin)
}

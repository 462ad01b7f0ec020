package wechat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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

// ReloadPlugins reads the configuration file again and does with it what ApplyPlugins does. A host that did not tell its
// file (WithConfigFile) has each plugin replaced, as ReloadPlugin does.
func (m *Module) ReloadPlugins(ctx context.Context) error {
	if m.file == "" {
		var problems []error
		for _, id := range m.plugins.IDs() {
			problems = append(problems, m.plugins.Reload(ctx, id))
		}
		return errors.Join(problems...)
	}
	cfg, err := config.Load(m.file)
	if err != nil {
		return err
	}
	return m.ApplyPlugins(ctx, cfg)
}

// ReloadPlugin replaces a plugin's process by a new one in a hot swap; its manifest and files are read anew, and so is what
// the configuration file says about it, if the host told its file (WithConfigFile). Errors: ErrUnknownPlugin.
func (m *Module) ReloadPlugin(ctx context.Context, plugin string) error {
	if known := m.plugins.IDs(); !slices.Contains(known, plugin) {
		return fmt.Errorf("%w: %q; there are %s", ErrUnknownPlugin, plugin, orNone(known))
	}
	if m.file == "" {
		return m.plugins.Reload(ctx, plugin)
	}
	cfg, err := config.Load(m.file)
	if err != nil {
		return err
	}
	if _, enabled := cfg.Plugins.Enabled[plugin]; !enabled {
		return fmt.Errorf("%s no longer enables plugin %s: reload all plugins, and it stops", m.file, plugin)
	}
	return m.plugins.ReloadFrom(ctx, plugin, cfg.Plugins)
}

func orNone(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	return strings.Join(ids, ", ")
}

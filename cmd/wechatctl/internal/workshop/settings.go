package workshop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/plugins/host"
)

// SettingsName is the file beside the manifest with what a host's configuration would hold below plugins.enabled.<id>.
const SettingsName = "dev.yml"

// Settings reads such a file; one that is missing is an empty one. The version is the manifest's. Where the file does not
// say otherwise, the plugin gets all permissions it asks for, and made-up secrets.
func Settings(file string, m host.Manifest) (config.Plugin, error) {
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return config.Plugin{}, err
	}
	own := map[string]any{}
	if err := yaml.Unmarshal(text, &own); err != nil {
		return config.Plugin{}, fmt.Errorf("%s: %w", file, err)
	}
	own["version"] = m.Version
	if _, given := own["grant"]; !given {
		own["grant"] = slices.Concat(m.Permissions)
	}
	whole, err := yaml.Marshal(map[string]any{config.Root: map[string]any{
		"plugins": map[string]any{"enabled": map[string]any{m.ID: own}},
	}})
	if err != nil {
		return config.Plugin{}, fmt.Errorf("%s: %w", file, err)
	}
	cfg, err := config.Parse(whole)
	if problems, ok := errors.AsType[*config.Error](err); ok {
		problems.File = file
		for i := range problems.Problems {
			problems.Problems[i].Line = 0 // of a file nobody sees
		}
	}
	if err != nil {
		return config.Plugin{}, err
	}
	p := cfg.Plugins.Enabled[m.ID]
	for _, name := range m.Secrets {
		if p.Secrets[name] == "" {
			if p.Secrets == nil {
				p.Secrets = map[string]config.Secret{}
			}
			p.Secrets[name] = config.Secret("made-up-" + name)
		}
	}
	return p, nil
}

package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/plugins/internal/wire"
)

// plan is everything needed to run one plugin, checked. It holds secrets: never print it.
type plan struct {
	id, version  string
	manifest     Manifest
	folder       string // absolute
	sum          string // what the folder's content must hash to; empty when any content will do
	executable   string // below the folder
	required     bool   // the host's start waits for it
	warnings     []string
	manifestText string
	timeout      time.Duration
	concurrency  int
	memory       int64    // bytes
	owner        *owner   // whom the process runs as; nil for the host's user
	config       []byte   // JSON
	granted      []string // permissions, sorted
	withheld     []string // asked for and not granted, sorted
	secrets      map[string]string
	trial        *trialPlan // the canary; nil without one
}

func platform() string { return runtime.GOOS + "-" + runtime.GOARCH }

// readEnabled reads the plans by the rules of the configured mode, which the warning tells of.
func readEnabled(cfg config.Plugins, production bool) (plans []*plan, warning string, err error) {
	if len(cfg.Enabled) == 0 {
		return nil, "", nil
	}
	t, trustErr := newTrust(cfg, production)
	plans, err = readPlans(cfg, t)
	return plans, t.warning(), errors.Join(trustErr, err)
}

// readPlans looks at what the configuration enables, and at nothing else in the folder. The error joins every problem
// of every plugin, each with the plugin and the key or file it is about.
func readPlans(cfg config.Plugins, t trust) ([]*plan, error) {
	if len(cfg.Enabled) == 0 {
		return nil, nil
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil || cfg.Dir == "" {
		return nil, errors.Join(errors.New("plugins.dir is required when a plugin is enabled"), err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("plugins.dir: %w", err)
	}
	defer func() { _ = root.Close() }()

	var plans []*plan
	var problems []error
	for _, id := range slices.Sorted(maps.Keys(cfg.Enabled)) {
		p, err := readPlan(root, id, cfg.Enabled[id], t)
		plans, problems = append(plans, p), append(problems, err)
	}
	return plans, errors.Join(problems...)
}

func readPlan(root *os.Root, id string, enabled config.Plugin, t trust) (*plan, error) {
	key := "plugins.enabled." + id
	if !config.ValidPluginID(id) {
		return nil, fmt.Errorf("%s: %q is no plugin id: want a lower-case letter, then letters, digits or dashes", key, id)
	}
	if !config.ValidPluginVersion(enabled.Version) {
		return nil, fmt.Errorf("%s.version: %q is no version such as 1.4.0", key, enabled.Version)
	}
	folder := pluginFolder{root: root, id: id, version: enabled.Version}
	m, text, err := folder.manifest()
	if err != nil {
		return nil, err
	}
	p := &plan{
		id: id, version: enabled.Version, manifest: m, manifestText: text, folder: folder.path(""), required: enabled.Required,
		timeout: m.Limits.Timeout, concurrency: m.Limits.Concurrency, secrets: make(map[string]string, len(enabled.Secrets)),
	}
	var problems []error
	check := func(err error) { problems = append(problems, err) }
	p.executable, err = folder.executable(m)
	check(err)
	p.warnings, err = folder.inspect(t)
	check(err)
	p.sum, err = t.expected(id, enabled.Version)
	check(err)
	problems = append(problems, p.lower(key, enabled.Limits), p.lowerMemory(key, enabled.Limits.Memory), p.runAs(key, enabled.Limits.User))
	if p.config, err = configJSON(enabled.Config.Reveal()); err != nil {
		problems = append(problems, fmt.Errorf("%s.config: %w", key, err))
	}
	problems = append(problems, folder.checkConfig(m, key, p.config), p.grant(key, enabled.Grant))
	for name, value := range enabled.Secrets {
		p.secrets[name] = value.Reveal()
	}
	for _, name := range m.Secrets {
		if p.secrets[name] == "" {
			problems = append(problems, fmt.Errorf("%s.secrets.%s: the plugin's manifest asks for it; give a value", key, name))
		}
	}
	p.trial = planTrial(root, id, enabled, t)
	return p, errors.Join(problems...)
}

// grant notes what the operator allows; it may not be more than the plugin asks for, since nobody would know why.
func (p *plan) grant(key string, grant []string) error {
	var problems []error
	for _, name := range grant {
		if !slices.Contains(p.manifest.Permissions, name) {
			problems = append(problems, fmt.Errorf("%s.grant: %q: the plugin's manifest does not ask for it%s", key, name,
				orUnknown(name)))
		}
	}
	for _, name := range p.manifest.Permissions {
		if slices.Contains(grant, name) {
			p.granted = append(p.granted, name)
		} else {
			p.withheld = append(p.withheld, name)
		}
	}
	for _, list := range []*[]string{&p.granted, &p.withheld} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return errors.Join(problems...)
}

func orUnknown(permission string) string {
	if wire.ValidPermission(permission) {
		return ""
	}
	return "; there are " + strings.Join(wire.Permissions(), ", ")
}

// lower applies the operator's limits.
func (p *plan) lower(key string, limits config.Limits) error {
	var problems []error
	switch t := limits.Timeout; {
	case t < 0 || t > p.timeout:
		problems = append(problems, fmt.Errorf("%s.limits.timeout: %v: may only lower the manifest's %v", key, t, p.timeout))
	case t > 0:
		p.timeout = t
	}
	switch c := limits.Concurrency; {
	case c < 0 || c > p.concurrency:
		problems = append(problems, fmt.Errorf("%s.limits.concurrency: %d: may only lower the manifest's %d", key, c, p.concurrency))
	case c > 0:
		p.concurrency = c
	}
	return errors.Join(problems...)
}

func configJSON(values map[string]any) ([]byte, error) {
	if values == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(values)
}

// lowerMemory takes the manifest's limit, which was checked, or the operator's.
func (p *plan) lowerMemory(key, operator string) (err error) {
	if p.memory, err = config.ParseMemory(p.manifest.Limits.Memory); err != nil || operator == "" {
		return err
	}
	bytes, err := config.ParseMemory(operator)
	switch {
	case err != nil:
		return fmt.Errorf("%s.limits.memory: %w", key, err)
	case bytes > p.memory:
		return fmt.Errorf("%s.limits.memory: %s: may only lower the manifest's %s", key, operator, p.manifest.Limits.Memory)
	}
	p.memory = bytes
	return nil
}

func (p *plan) runAs(key, name string) (err error) {
	if name == "" {
		return nil
	}
	if p.owner, err = lookUpOwner(name); err != nil {
		return fmt.Errorf("%s.limits.user: %w", key, err)
	}
	return nil
}

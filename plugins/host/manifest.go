package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/plugins/internal/wire"
)

// ManifestName is the file a plugin's team puts into <plugins.dir>/<id>/<version>/.
const ManifestName = "plugin.yaml"

// Manifest is what a plugin says about itself. A key that is not listed here is refused.
type Manifest struct {
	ID       string `yaml:"id"`       // as the folder: a lower-case letter, then letters, digits and dashes
	Version  string `yaml:"version"`  // as the folder: semantic, without a leading v
	Protocol int    `yaml:"protocol"` // the major version of the contract it was built for: 1
	Owner    string `yaml:"owner"`    // Optional. Who to ask.

	// Handles lists event types: "payment.succeeded", "refund.*", "user.*", "*".
	Handles []wire.Pattern `yaml:"handles"`
	// Permissions lists what it asks of the host, such as orders.read; operators grant all, some or none. Optional.
	Permissions []string `yaml:"permissions"`
	// Secrets names the secrets it needs; the host's configuration gives their values. Optional.
	Secrets []string `yaml:"secrets"`
	// Executables gives a file below the folder for each GOOS-GOARCH.
	Executables map[string]string `yaml:"executables"`
	// Args are given to the executable, which may also be a script that names its interpreter. Optional.
	Args []string `yaml:"args"`
	// ConfigSchema is a file below the folder: a JSON Schema that the host checks the plugin's configuration against
	// before it starts it. Optional.
	ConfigSchema string         `yaml:"config_schema"`
	Limits       ManifestLimits `yaml:"limits"`
}

// ManifestLimits are what a plugin asks for; operators may lower them.
type ManifestLimits struct {
	Timeout     time.Duration `yaml:"timeout"`     // for one event. Optional. Default: 15s.
	Concurrency int           `yaml:"concurrency"` // events at once. Optional. Default: 8.
	Memory      string        `yaml:"memory"`      // of its process, such as 128MiB. Optional. Default: 256MiB.
}

const (
	timeoutDefault     = 15 * time.Second
	timeoutMax         = 10 * time.Minute
	concurrencyDefault = 8
	concurrencyMax     = 1000
	memoryDefault      = "256MiB"
)

// ParseManifest reads and checks a manifest by itself. The error joins every problem.
func ParseManifest(text []byte) (Manifest, error) {
	var m Manifest
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	switch err := dec.Decode(&m); {
	case errors.Is(err, io.EOF):
		return m, errors.New("is empty")
	case err != nil:
		return m, fmt.Errorf("cannot be read: %w", err)
	}
	if m.Limits.Timeout == 0 {
		m.Limits.Timeout = timeoutDefault
	}
	if m.Limits.Concurrency == 0 {
		m.Limits.Concurrency = concurrencyDefault
	}
	if m.Limits.Memory == "" {
		m.Limits.Memory = memoryDefault
	}
	return m, m.check()
}

func (m Manifest) check() error {
	var problems []error
	report := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !config.ValidPluginID(m.ID) {
		report("id %q: want a lower-case letter, then up to 40 letters, digits or dashes", m.ID)
	}
	if !config.ValidPluginVersion(m.Version) {
		report("version %q: want a semantic version such as 1.4.0", m.Version)
	}
	if m.Protocol != wire.ProtocolVersion {
		report("protocol %d: this host speaks protocol %d; build the plugin with a matching SDK", m.Protocol, wire.ProtocolVersion)
	}
	if len(m.Handles) == 0 {
		report("handles: is empty; name at least one event type, such as payment.succeeded")
	}
	for _, p := range m.Handles {
		if !p.Valid() {
			report("handles: %q is no event type and no pattern such as refund.*", p)
		}
	}
	for _, name := range m.Permissions {
		if !wire.ValidPermission(name) {
			report("permissions: %q is unknown; there are %s", name, strings.Join(wire.Permissions(), ", "))
		}
	}
	if len(m.Executables) == 0 {
		report("executables: is empty; name a file for %s", platform())
	}
	for _, key := range slices.Sorted(maps.Keys(m.Executables)) {
		if goos, goarch, ok := strings.Cut(key, "-"); !ok || goos == "" || goarch == "" {
			report("executables: %q is no GOOS-GOARCH such as linux-amd64", key)
		}
	}
	if t := m.Limits.Timeout; t < 0 || t > timeoutMax {
		report("limits.timeout %v: want more than zero and at most %v", t, timeoutMax)
	}
	if _, err := config.ParseMemory(m.Limits.Memory); err != nil {
		report("limits.memory %w", err)
	}
	if c := m.Limits.Concurrency; c < 0 || c > concurrencyMax {
		report("limits.concurrency %d: want 1 to %d", c, concurrencyMax)
	}
	return errors.Join(problems...)
}

func (m Manifest) handles(eventType string) bool {
	return slices.ContainsFunc(m.Handles, func(p wire.Pattern) bool { return p.Match(eventType) })
}

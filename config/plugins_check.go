package config

import (
	"maps"
	"regexp"
	"slices"
	"time"
)

var (
	pluginID      = regexp.MustCompile(`^[a-z][a-z0-9-]{0,40}$`)
	pluginVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
)

// ValidPluginID says whether a text can be a plugin's id, here and in its manifest: 1 to 41 lower-case letters, digits
// and dashes, beginning with a letter.
func ValidPluginID(id string) bool { return pluginID.MatchString(id) }

// ValidPluginVersion says whether a text can be a plugin's version, here and in its manifest: a semantic version without
// a leading v, for example 1.4.0.
func ValidPluginVersion(version string) bool { return pluginVersion.MatchString(version) }

const (
	maxHandOver    = 10 * time.Minute
	maxConcurrency = 1000
)

func (k *checker) plugins() {
	p := k.Plugins
	if len(p.Enabled) > 0 && p.Dir == "" {
		k.failf("plugins.dir", "is required while a plugin is enabled: give the folder that holds <id>/<version>/plugin.yaml")
	}
	switch {
	case p.Mode != PluginsLocked && p.Mode != PluginsDev:
		k.failf("plugins.mode", "must be %s or %s", PluginsLocked, PluginsDev)
	case p.Mode == PluginsDev && k.produce != "":
		k.failf("plugins.mode", "is dev, which runs unchecked files, and this is production, for %s; "+
			"leave the key out and write plugins.lock with wechatctl plugin lock", k.produce)
	}
	for _, id := range slices.Sorted(maps.Keys(p.Enabled)) {
		k.plugin(id, p.Enabled[id])
	}
}

func (k *checker) plugin(id string, p Plugin) {
	path := enabledPath + "." + id
	if !ValidPluginID(id) {
		k.failf(path, "must be an id of 1 to 41 lower-case letters, digits and -, beginning with a letter")
	}
	switch {
	case p.Version == "":
		k.failf(path+".version", "is required: give the version to run, for example 1.4.0")
	case !ValidPluginVersion(p.Version):
		k.failf(path+".version", "must be a version such as 1.4.0, without a leading v; it names the folder below plugins.dir")
	}
	for _, name := range slices.Sorted(maps.Keys(p.Secrets)) {
		if p.Secrets[name] == "" {
			k.failf(path+".secrets."+name, "is empty: give a value, ${ENV_NAME} or file:/path")
		}
	}
	if p.Limits.Timeout != 0 {
		k.between(path+".limits.timeout", p.Limits.Timeout, time.Millisecond, maxHandOver)
	}
	if p.Limits.Memory != "" {
		if _, err := ParseMemory(p.Limits.Memory); err != nil {
			k.failf(path+".limits.memory", "must be an amount of memory such as 128MiB or 2GiB, from 16MiB to 1024GiB")
		}
	}
	if p.Limits.Concurrency != 0 {
		k.numberUpTo(path+".limits.concurrency", p.Limits.Concurrency, maxConcurrency)
	}
	k.canary(path+".canary", p)
}

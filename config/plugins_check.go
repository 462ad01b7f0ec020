package config

import (
	"maps"
	"regexp"
	"slices"
	"time"
)

var (
	pluginID      = regexp.MustCompile(`^[a-z][a-z0-9-]{1,40}$`)
	pluginVersion = regexp.MustCompile(`^v?[0-9]+(\.[0-9]+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)
)

const (
	maxHandOver    = 10 * time.Minute
	maxConcurrency = 1000
)

func (k *checker) plugins() {
	p := k.Plugins
	if len(p.Enabled) > 0 && p.Dir == "" {
		k.failf("plugins.dir", "is required while a plugin is enabled: give the folder that holds <id>/<version>/plugin.yaml")
	}
	for _, id := range slices.Sorted(maps.Keys(p.Enabled)) {
		k.plugin(id, p.Enabled[id])
	}
}

func (k *checker) plugin(id string, p Plugin) {
	path := enabledPath + "." + id
	if !pluginID.MatchString(id) {
		k.failf(path, "must be an id of 2 to 41 lower-case letters, digits and -, beginning with a letter")
	}
	switch {
	case p.Version == "":
		k.failf(path+".version", "is required: give the version to run, for example 1.4.0")
	case !pluginVersion.MatchString(p.Version):
		k.failf(path+".version", "must be a version such as 1.4.0; it names the folder below plugins.dir")
	}
	for _, name := range slices.Sorted(maps.Keys(p.Secrets)) {
		if p.Secrets[name] == "" {
			k.failf(path+".secrets."+name, "is empty: give a value, ${ENV_NAME} or file:/path")
		}
	}
	if p.Limits.Timeout != 0 {
		k.between(path+".limits.timeout", p.Limits.Timeout, time.Millisecond, maxHandOver)
	}
	if p.Limits.Concurrency != 0 {
		k.numberBetween(path+".limits.concurrency", p.Limits.Concurrency, 1, maxConcurrency)
	}
}

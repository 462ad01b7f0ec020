package config

import (
	"cmp"
	"strconv"
)

// Canary is another version of a plugin, or the same with another configuration, that is tried before it is promoted:
// on events of the past without effects, on a share of the new ones, or the first and then the second. Secrets, limits
// and granted permissions are the plugin's. Key: plugins.enabled.<id>.canary.
type Canary struct {
	Version string   // Key: version. Required while another key of canary is given.
	Config  Settings // Key: config. Default: the plugin's own.
	Share   int      // Key: share. Percentage of the subjects whose events it gets, 1 to 99.
	Shadow  int      // Key: shadow. So many of the last events are handed to it first, without effects. 1 to 1000.
	// MinEvents is how many events of its share it gets before its errors are held against it.
	// Key: min-events. Default: 50.
	MinEvents int
	// MaxErrors is by how many percentage points its errors may exceed those of the plugin.
	// Key: max-errors. Default: 2.
	MaxErrors int
}

// The defaults of a canary's judgement.
const (
	CanaryMinEvents = 50
	CanaryMaxErrors = 2
)

// WithDefaults fills in what is not given.
func (c *Canary) WithDefaults() Canary {
	filled := *c
	filled.MinEvents, filled.MaxErrors = cmp.Or(c.MinEvents, CanaryMinEvents), cmp.Or(c.MaxErrors, CanaryMaxErrors)
	return filled
}

// Given tells whether there is a canary.
func (c *Canary) Given() bool {
	return c.Version != "" || c.Config != nil || c.Share != 0 || c.Shadow != 0 || c.MinEvents != 0 || c.MaxErrors != 0
}

func (c *Canary) keys(section string) []key {
	return []key{
		{path: section + "version", to: &c.Version, need: "another key of canary is given",
			doc: "Version to try beside the one that runs. Without canary nothing is tried."},
		{path: section + "config", to: &c.Config, auto: "the plugin's config",
			doc: "The configuration of the version that is tried, whole, in place of the plugin's."},
		{path: section + "share", to: &c.Share, need: "shadow is not given",
			doc: "Percentage of the subjects (orders, users) whose new events go to the version that is tried. 1 to 99."},
		{path: section + "shadow", to: &c.Shadow, need: "share is not given",
			doc: "So many of the last events are handed to the version that is tried first, marked as shadow, and its calls that change something are noted, not made. 1 to 1000."},
		{path: section + "min-events", to: &c.MinEvents, def: strconv.Itoa(CanaryMinEvents),
			doc: "Events of its share that it gets before its errors can roll it back. 1 to 100000."},
		{path: section + "max-errors", to: &c.MaxErrors, def: strconv.Itoa(CanaryMaxErrors),
			doc: "Percentage points by which its errors may exceed those of the version that runs; more, and it is rolled back. 1 to 100."},
	}
}

const (
	canaryShareMax     = 99 // something must be left to compare with
	canaryShadowMax    = 1000
	canaryMinEventsMax = 100_000
)

func (k *checker) canary(path string, p Plugin) {
	c := p.Canary
	if !c.Given() {
		return
	}
	switch {
	case c.Version == "":
		k.failf(path+".version", "is required while another key of canary is given: give the version to try, or remove the section")
	case !ValidPluginVersion(c.Version):
		k.failf(path+".version", "must be a version such as 1.5.0, without a leading v; it names the folder below plugins.dir")
	case c.Version == p.Version && c.Config == nil:
		k.failf(path+".version", "is the version that runs anyway; give another version or, to try another configuration, canary.config")
	}
	if c.Share == 0 && c.Shadow == 0 {
		k.failf(path+".share", "is required without shadow: give share, shadow or both")
	}
	for _, bound := range []struct {
		name       string
		value, max int
	}{
		{"share", c.Share, canaryShareMax}, {"shadow", c.Shadow, canaryShadowMax},
		{"min-events", c.MinEvents, canaryMinEventsMax}, {"max-errors", c.MaxErrors, 100},
	} {
		if bound.value != 0 {
			k.numberUpTo(path+"."+bound.name, bound.value, bound.max)
		}
	}
}

package config

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// Root is the section of a host's YAML file that holds this module's keys.
const Root = "open-platform.wechat"

// Key describes one setting, for documents and tools.
type Key struct {
	Name     string   // below Root, for example pay.mchid; <id> and <name> stand for names the file chooses
	Aliases  []string // other spellings that relaxed binding would not find by itself, for example pay.activate
	Env      string   // the environment variable that overrides it; empty when none can
	Type     string   // text, secret, true/false, number, duration, list or map
	Default  string   // empty when there is none
	Required string   // when it must be given; empty when never
	Doc      string   // one or two sentences
}

// Keys lists every setting, in the order of docs/configuration.md.
func Keys() []Key {
	var (
		c      Config
		p      Plugin
		secret Secret
		out    []Key
	)
	all := c.keys()
	sample := slices.Insert(p.keys("<id>"), 2, secretKey("<id>", "<name>", &secret)) // after config
	for _, k := range all {
		if strings.HasPrefix(k.path, "delivery.") && sample != nil {
			out = append(out, describeAll(sample)...) // the plugins end where delivery begins
			sample = nil
		}
		out = append(out, k.describe())
	}
	return out
}

func describeAll(keys []key) []Key {
	out := make([]Key, 0, len(keys))
	for _, k := range keys {
		out = append(out, k.describe())
	}
	return out
}

// key is one setting: its path, where its value goes, and what the documents say about it.
type key struct {
	path string // below Root
	also string // another last name for the same setting: activate beside active
	to   any    // *string, *Secret, *bool, **bool, *int, *time.Duration, *[]string or *Settings
	def  string // the default, as one would write it
	auto string // a default worked out elsewhere, in words
	need string // when it must be given
	doc  string
}

func (k key) describe() Key {
	out := Key{Name: k.path, Type: k.kind(), Default: k.def + k.auto, Required: k.need, Doc: k.doc}
	if k.also != "" {
		out.Aliases = []string{k.sibling(k.also)}
	}
	if out.Type != "map" {
		out.Env = envName(k.path)
	}
	return out
}

// sibling is the path of another name in the same section.
func (k key) sibling(name string) string { return k.path[:strings.LastIndexByte(k.path, '.')+1] + name }

func (k key) zero() bool { return reflect.ValueOf(k.to).Elem().IsZero() }

func (k key) secret() bool {
	_, ok := k.to.(*Secret)
	return ok
}

func (k key) kind() string {
	switch k.to.(type) {
	case *Secret:
		return "secret"
	case *bool, **bool:
		return "true/false"
	case *int:
		return "number"
	case *time.Duration:
		return "duration"
	case *[]string:
		return "list"
	case *Settings:
		return "map"
	default:
		return "text"
	}
}

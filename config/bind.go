package config

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// bind converts what was found for a key and stores it.
func (r *reader) bind(l *leaf) {
	if l.env != "" {
		r.bindText(l, l.text)
		return
	}
	if l.node == nil || null(l.node) {
		return
	}
	switch to := l.to.(type) {
	case *Settings:
		r.bindMap(l, to)
		return
	case *[]string:
		if l.node.Kind == yaml.SequenceNode {
			r.bindList(l, to)
			return
		}
	case *Secret:
		if l.node.Kind == yaml.MappingNode {
			r.bindReference(l)
			return
		}
	}
	text, ok := scalar(l.node)
	if !ok {
		r.failf(l, "must be one value (%s)", l.kind())
		return
	}
	r.bindText(l, text)
}

// scalar gives a value's text as it was written: an unquoted mchid or version is not turned into a number first.
func scalar(n *yaml.Node) (string, bool) {
	switch n.ShortTag() {
	case "!!str", "!!int", "!!float", "!!bool", "!!timestamp", "!!null":
		return n.Value, n.Kind == yaml.ScalarNode
	default:
		return "", false
	}
}

func (r *reader) bindText(l *leaf, raw string) {
	text, err := r.expand(raw)
	if err == nil && l.secret() {
		text, err = r.secretText(text)
	}
	if err != nil {
		r.failf(l, "%v", err)
		return
	}
	if strings.TrimSpace(text) == "" {
		return // an empty value is the same as none
	}
	switch err := l.set(text); {
	case err == nil:
	case l.env != "":
		r.failf(l, "%v", err) // a variable may hold anything, a secret in the wrong place too
	default:
		r.failf(l, "%v, not %q", err, shorten(raw)) // only for types that cannot hold a secret, and as the file has it
	}
}

// shorten keeps a quoted value readable.
func shorten(text string) string {
	const limit = 40
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}

func (r *reader) bindList(l *leaf, to *[]string) {
	var list []string
	for _, item := range l.node.Content {
		raw, ok := scalar(follow(item))
		if !ok {
			r.failf(l, "must be a list of plain values")
			return
		}
		text, err := r.expand(raw)
		if err != nil {
			r.failf(l, "%v", err)
			return
		}
		if text = strings.TrimSpace(text); text != "" {
			list = append(list, text)
		}
	}
	*to = list
}

// bindReference reads a secret given as {file: /path} or {env: NAME}.
func (r *reader) bindReference(l *leaf) {
	const form = "as a mapping, a secret is {file: /path} or {env: NAME}"
	all := entries(l.node)
	if len(all) != 1 {
		r.failf(l, form)
		return
	}
	raw, ok := scalar(all[0].value)
	if !ok {
		r.failf(l, form)
		return
	}
	switch relax(all[0].name.Value) {
	case "file":
		r.bindText(l, "file:"+raw)
	case "env":
		if !variableName.MatchString(raw) {
			r.failf(l, form)
			return
		}
		r.bindText(l, "${"+raw+"}")
	default:
		r.failf(l, form)
	}
}

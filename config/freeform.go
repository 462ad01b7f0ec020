package config

import (
	"errors"
	"math"

	"go.yaml.in/yaml/v3"
)

// Bounds for a plugin's own configuration; aliases could make a small file huge.
const (
	maxFreeDepth = 32
	maxFreeNodes = 10_000
)

// freeform turns a plugin's own configuration into what encoding/json can write. Keys stay as they are; texts are
// expanded like every other value.
type freeform struct {
	options
	nodes int
}

func (r *reader) bindMap(l *leaf, to *Settings) {
	if l.node.Kind != yaml.MappingNode {
		r.failf(l, "must be a mapping; its keys are the plugin's own")
		return
	}
	f := freeform{options: r.options}
	value, err := f.mapping(l.node, 0)
	if err != nil {
		r.failf(l, "%v", err)
		return
	}
	*to = value
}

func (f *freeform) mapping(n *yaml.Node, depth int) (map[string]any, error) {
	out := map[string]any{}
	for _, e := range entries(n) {
		if e.name.Kind != yaml.ScalarNode {
			return nil, errors.New("has a key that is not a plain word")
		}
		if _, taken := out[e.name.Value]; taken && e.merged {
			continue
		} else if taken {
			return nil, errors.New("has a key twice")
		}
		value, err := f.value(e.value, depth+1)
		if err != nil {
			return nil, err
		}
		out[e.name.Value] = value
	}
	return out, nil
}

func (f *freeform) value(n *yaml.Node, depth int) (any, error) {
	if f.nodes++; depth > maxFreeDepth || f.nodes > maxFreeNodes {
		return nil, errors.New("is too large or too deeply nested")
	}
	switch n.Kind {
	case yaml.MappingNode:
		return f.mapping(n, depth)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			value, err := f.value(follow(item), depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	default:
		return f.scalar(n)
	}
}

func (f *freeform) scalar(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, nil //nolint:nilnil // null is a value of a free-form map
	case "!!int", "!!float", "!!bool":
		var value any
		if err := n.Decode(&value); err != nil {
			return nil, errors.New("has a value that does not fit its tag") // the decoder's error would quote it
		}
		if number, ok := value.(float64); ok && (math.IsNaN(number) || math.IsInf(number, 0)) {
			return nil, errors.New("has a number that JSON cannot hold")
		}
		return value, nil
	case "!!str", "!!timestamp":
		return f.expand(n.Value)
	default:
		return nil, errors.New("has a value with a tag of its own; use plain YAML")
	}
}

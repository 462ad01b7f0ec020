package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxDocument bounds the size of a file. A host's whole application.yml is far smaller.
const maxDocument = 4 << 20

// documents reads every YAML document of the file: Spring allows several, divided by ---.
func documents(data []byte) ([]*yaml.Node, *Problem) {
	if len(data) > maxDocument {
		return nil, &Problem{Message: fmt.Sprintf("the file is larger than %d bytes; give the right file", maxDocument)}
	}
	var docs []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, syntaxProblem(err)
		}
		if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 && !null(doc.Content[0]) {
			docs = append(docs, doc.Content[0])
		}
	}
}

// syntaxProblem keeps the line of the parser's error and drops its text, which may quote the file, unless it is one of
// the known fixed sentences.
func syntaxProblem(err error) *Problem {
	p := &Problem{Message: "not valid YAML; look at the indentation, quotes and colons here and in the line before"}
	if m := regexp.MustCompile(`line (\d+)`).FindStringSubmatch(err.Error()); m != nil {
		p.Line, _ = strconv.Atoi(m[1]) // digits; 0, "no line", if absurdly many
	}
	for _, known := range []string{
		"could not find expected ':'",
		"did not find expected key",
		"did not find expected ',' or ']'",
		"did not find expected ',' or '}'",
		"did not find expected '-' indicator",
		"found a tab character that violates indentation",
		"found a tab character where an indentation space is expected",
		"found character that cannot start any token",
		"found unexpected end of stream",
		"found unknown escape character",
		"mapping values are not allowed in this context",
		"block sequence entries are not allowed in this context",
	} {
		if strings.Contains(err.Error(), known) {
			p.Message = "not valid YAML: " + known
		}
	}
	if strings.Contains(err.Error(), "unknown anchor") {
		p.Message = "not valid YAML: a value that begins with * must stand in quotes"
	}
	return p
}

// entry is one key of a mapping.
type entry struct {
	name   *yaml.Node
	value  *yaml.Node
	merged bool // it came through <<, so a key of the mapping itself goes before it
}

// entries lists a mapping's own keys and then those merged in with <<. Each merged mapping is used once, which also ends
// circles.
func entries(mapping *yaml.Node) []entry {
	var out []entry
	seen := map[*yaml.Node]bool{}
	queue := []*yaml.Node{mapping}
	for len(queue) > 0 {
		n := follow(queue[0])
		queue = queue[1:]
		if n.Kind == yaml.SequenceNode && n != follow(mapping) && !seen[n] {
			seen[n] = true
			queue = append(queue, n.Content...) // <<: [*a, *b]
		}
		if n.Kind != yaml.MappingNode || seen[n] {
			continue
		}
		seen[n] = true
		for i := 0; i+1 < len(n.Content); i += 2 {
			name, value := n.Content[i], n.Content[i+1]
			if name.ShortTag() == "!!merge" {
				queue = append(queue, value)
				continue
			}
			out = append(out, entry{name: follow(name), value: follow(value), merged: n != follow(mapping)})
		}
	}
	return out
}

// follow replaces an alias by what it stands for.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// null says that a key was written without a value, which is the same as leaving it out.
func null(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

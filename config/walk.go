package config

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// find looks for our section in a host's file: path is what is left of open-platform.wechat below node. Other keys are
// the host's. As in Spring a name may hold several steps (open-platform.wechat: …, open-platform.wechat.pay.mchid: …).
func (r *reader) find(node *yaml.Node, path string) bool {
	found := false
	for _, e := range entries(node) {
		name, want := relax(e.name.Value), relax(path)
		switch {
		case name == want:
			r.section(r.sections[""], "", e)
			found = true
		case strings.HasPrefix(want, name+"."):
			_, rest, _ := strings.Cut(path, ".")
			found = r.find(e.value, rest) || found
		case strings.HasPrefix(name, want+"."):
			rest := strings.SplitN(e.name.Value, ".", strings.Count(want, ".")+2)
			r.entry(r.sections[""], "", rest[len(rest)-1], e)
			found = true
		}
	}
	return found
}

// section reads a mapping.
func (r *reader) section(s *section, relaxed string, e entry) {
	switch {
	case s.line > 0 && e.merged:
		return
	case s.line > 0:
		r.problems = append(r.problems, Problem{Key: s.shown(), Line: e.name.Line,
			Message: fmt.Sprintf("is already given in line %d; put both together", s.line)})
		return
	default:
		s.line = e.name.Line
	}
	if null(e.value) {
		return
	}
	if e.value.Kind != yaml.MappingNode {
		r.problems = append(r.problems, Problem{Key: s.shown(), Line: e.value.Line,
			Message: "must hold further keys, each in a line of its own, not a value"})
		return
	}
	for _, inner := range entries(e.value) {
		r.entry(s, relaxed, inner.name.Value, inner)
	}
}

// chosenName is what a name may be that the file chooses, a plugin's id or a secret's name. Validate is stricter.
var chosenName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// entry reads one key of a section. Its text can hold several steps divided by dots.
func (r *reader) entry(s *section, relaxed, text string, e entry) {
	if e.name.Kind != yaml.ScalarNode {
		r.problems = append(r.problems, Problem{Key: s.shown(), Line: e.name.Line, Message: "holds a key that is not a plain word"})
		return
	}
	name, rest, dotted := strings.Cut(text, ".")
	path := relax(name)
	if s.open != nil {
		name, path, dotted = text, text, false
		if !chosenName.MatchString(name) {
			r.problems = append(r.problems, Problem{Key: s.shown(), Line: e.name.Line,
				Message: "holds a name with other characters than letters, digits, - and _; is a space missing after a colon?"})
			return
		}
		s.open(name)
	}
	path = strings.TrimPrefix(relaxed+"."+path, ".")

	switch inner, l := r.sections[path], r.byPath[path]; {
	case inner != nil && dotted:
		r.entry(inner, path, rest, e)
	case inner != nil:
		r.section(inner, path, e)
	case l == nil || dotted:
		r.problems = append(r.problems, r.unknown(s, text, e.name.Line))
	case l.line > 0 && e.merged:
	case l.line > 0:
		r.problems = append(r.problems, Problem{Key: l.path, Line: e.name.Line, Message: fmt.Sprintf(
			"is given twice, also in line %d%s; keep one", l.line, spellings(l.key))})
	default:
		l.node, l.line = e.value, e.name.Line
	}
}

// spellings reminds of names that are the same key although they do not look it.
func spellings(k key) string {
	if k.also == "" {
		return ""
	}
	return fmt.Sprintf(" (%s and %s are one key)", k.path, k.sibling(k.also))
}

// printable says whether an unknown name may be shown. What has a colon or an equals sign is probably a value that
// slipped into the key, as in app-secret:abc; an app secret or an APIv3 key, 32 characters, is longer than any key.
var printable = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,31}$`)

func (r *reader) unknown(s *section, text string, line int) Problem {
	if !printable.MatchString(text) {
		return Problem{Key: s.shown(), Line: line,
			Message: "holds a key that is unknown and looks like a value; is a space missing after a colon?"}
	}
	path := strings.TrimPrefix(s.path+"."+text, ".")
	return Problem{Key: path, Line: line,
		Message: "is not a known key; " + hint(path, r.known())}
}

// noSection reports a file that has nothing for us, which is hardly ever meant.
func noSection(docs []*yaml.Node) Problem {
	p := Problem{Message: "has no section " + Root + "; is it the right file?"}
	for _, doc := range docs {
		for _, outer := range entries(doc) {
			for _, inner := range entries(outer.value) {
				name := outer.name.Value + "." + inner.name.Value
				if _, distance := nearest(name, []string{Root}); distance <= 4 && printable.MatchString(name) {
					p.Line = outer.name.Line
					p.Message = fmt.Sprintf("has no section %s; did you mean that with %s?", Root, name)
				}
			}
		}
	}
	return p
}

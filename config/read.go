package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// leaf is a setting and what was found for it.
type leaf struct {
	key
	node   *yaml.Node // its value in the file; nil when the file does not have it
	line   int        // where the file has it
	env    string     // the environment variable that overrides it, if any
	text   string     // that variable's value
	failed bool       // its value was reported already
}

// section is a mapping the file may hold.
type section struct {
	path string
	line int               // where the file has it; 0 when it does not
	open func(name string) // makes the keys below a name the file chooses: a plugin's id, a secret's name
}

// shown names the section in a message.
func (s *section) shown() string {
	if s.path == "" {
		return Root
	}
	return s.path
}

// reader turns a file and the environment into a Config. It first finds a value for each key, the environment's going
// before the file's, and then converts: what is overridden cannot be wrong any more.
type reader struct {
	options
	config     Config
	leaves     []*leaf
	byPath     map[string]*leaf    // by relaxed path, aliases too
	sections   map[string]*section // by relaxed path
	plugins    map[string]*draft
	problems   []Problem
	unreadable bool // the file is not YAML: nothing else is worth saying
}

// draft is a plugin being read. Its values are set through pointers, which a map does not allow.
type draft struct {
	Plugin
	secrets map[string]*Secret
}

func read(data []byte, o options) *reader {
	r := &reader{
		options: o, byPath: map[string]*leaf{}, sections: map[string]*section{}, plugins: map[string]*draft{},
	}
	r.sections[""] = &section{}
	for _, k := range r.config.keys() {
		r.register(k, relax(k.path))
	}
	r.sections[enabledPath] = &section{path: enabledPath, open: r.openPlugin}

	docs, problem := documents(data)
	if problem != nil {
		r.problems, r.unreadable = []Problem{*problem}, true
		return r
	}
	found := false
	for _, doc := range docs {
		found = r.find(doc, Root) || found
	}
	overridden := r.applyEnvironment()
	if len(docs) > 0 && !found && !overridden {
		r.problems = append(r.problems, noSection(docs))
	}
	for _, l := range r.leaves {
		r.bind(l)
	}
	r.finish()
	return r
}

// register makes a key known, and the sections above it.
func (r *reader) register(k key, relaxed string) {
	l := &leaf{key: k}
	r.leaves = append(r.leaves, l)
	r.byPath[relaxed] = l
	parent := relaxed[:strings.LastIndexByte(relaxed, '.')+1]
	if k.also != "" {
		r.byPath[parent+relax(k.also)] = l
	}
	r.addSections(relaxed, k.path)
}

func (r *reader) addSections(relaxed, shown string) {
	for {
		i, j := strings.LastIndexByte(relaxed, '.'), strings.LastIndexByte(shown, '.')
		if i < 0 || j < 0 {
			return
		}
		relaxed, shown = relaxed[:i], shown[:j]
		if r.sections[relaxed] == nil {
			r.sections[relaxed] = &section{path: shown}
		}
	}
}

func (r *reader) openPlugin(id string) {
	if r.plugins[id] != nil {
		return
	}
	d := &draft{secrets: map[string]*Secret{}}
	r.plugins[id] = d
	at := enabledPath + "." + id
	for _, k := range d.keys(id) {
		r.register(k, at+"."+relax(strings.TrimPrefix(k.path, at+".")))
	}
	r.sections[at+".secrets"] = &section{path: at + ".secrets", open: func(name string) {
		if d.secrets[name] == nil {
			d.secrets[name] = new(Secret)
			r.register(secretKey(id, name, d.secrets[name]), at+".secrets."+name)
		}
	}}
}

// finish puts the plugins into the configuration.
func (r *reader) finish() {
	for id, d := range r.plugins {
		for name, value := range d.secrets {
			if d.Secrets == nil {
				d.Secrets = map[string]Secret{}
			}
			d.Secrets[name] = *value
		}
		if r.config.Plugins.Enabled == nil {
			r.config.Plugins.Enabled = map[string]Plugin{}
		}
		r.config.Plugins.Enabled[id] = d.Plugin
	}
}

// fail reports a leaf's value. One problem for each is enough.
func (r *reader) failf(l *leaf, format string, args ...any) {
	if l.failed {
		return
	}
	l.failed = true
	p := Problem{Key: l.path, Env: l.env, Message: fmt.Sprintf(format, args...)}
	if l.env == "" {
		p.Line = l.line
	}
	r.problems = append(r.problems, p)
}

// locate tells where the values came from that validation complains about, and drops what was reported while reading.
func (r *reader) locate(problems []Problem) []Problem {
	byKey := map[string]*leaf{}
	for _, l := range r.leaves {
		byKey[l.path] = l
	}
	var out []Problem
	for _, p := range problems {
		l := byKey[p.Key]
		switch {
		case l != nil && l.failed:
			continue
		case l != nil && l.env != "":
			p.Env = l.env
		case l != nil && l.line > 0:
			p.Line = l.line
		default:
			p.Line = r.sectionLine(p.Key)
		}
		out = append(out, p)
	}
	return out
}

// sectionLine is where the file has the innermost section around a path, for keys that are missing in it.
func (r *reader) sectionLine(path string) int {
	line, longest := 0, -1
	for _, s := range r.sections {
		around := s.path == "" || s.path == path || strings.HasPrefix(path, s.path+".")
		if around && s.line > 0 && len(s.path) > longest {
			line, longest = s.line, len(s.path)
		}
	}
	return line
}

// known lists the paths of every key, for suggestions.
func (r *reader) known() []string {
	paths := map[string]bool{enabledPath: true}
	for _, l := range r.leaves {
		paths[l.path] = true
		if l.also != "" {
			paths[l.sibling(l.also)] = true
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

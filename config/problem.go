package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing a person has to put right.
type Problem struct {
	Key     string // below Root, for example pay.mchid; empty when the file as a whole is meant
	Line    int    // in the YAML file; 0 when the value did not come from it
	Env     string // the environment variable the value came from, if any
	Message string // what is wrong and what to do; never holds the value of a secret
}

func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", p.Line)
	}
	b.WriteString(p.Key)
	switch {
	case p.Env != "" && p.Key != "":
		fmt.Fprintf(&b, " (from %s): ", p.Env)
	case p.Env != "":
		fmt.Fprintf(&b, "%s: ", p.Env)
	case p.Key != "":
		b.WriteString(": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Error holds everything that is wrong with a configuration.
type Error struct {
	File     string // the file that was loaded; empty when there was none
	Problems []Problem
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("configuration")
	if e.File != "" {
		b.WriteString(" " + e.File)
	}
	count := fmt.Sprintf("%d problems", len(e.Problems))
	if len(e.Problems) == 1 {
		count = "1 problem"
	}
	fmt.Fprintf(&b, ": %s (keys are below %s)", count, Root)
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// minMasked is the length from which a secret's value is looked for in messages. Shorter ones may be part of an ordinary
// sentence, like the "32 bytes" of the original file.
const minMasked = 12

// report makes the error, or nil when there is nothing to report. The problems come in the order of the file, those
// without a line last. Messages are written without secrets; as a second line of defence, values that are used as a
// secret are masked should they stand elsewhere too, for example in a path.
func report(file string, secrets []Secret, problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	problems = slices.Clone(problems)
	for i := range problems {
		for _, s := range secrets {
			if len(s) >= minMasked {
				problems[i].Key = strings.ReplaceAll(problems[i].Key, s.Reveal(), mask)
				problems[i].Message = strings.ReplaceAll(problems[i].Message, s.Reveal(), mask)
			}
		}
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if (a.Line == 0) != (b.Line == 0) {
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Compare(a.Line, b.Line)
	})
	return &Error{File: file, Problems: problems}
}

// secrets lists every secret of the configuration that could be mistaken for ordinary text in a message.
func (c Config) secrets() []Secret {
	var out []Secret
	for _, k := range c.keys() {
		if s, ok := k.to.(*Secret); ok && *s != "" && string(*s) != k.def {
			out = append(out, *s)
		}
	}
	for _, p := range c.Plugins.Enabled {
		for _, s := range p.Secrets {
			out = append(out, s)
		}
	}
	return out
}

package strictjson

import (
	"encoding/json"
	"reflect"
	"strings"
)

// scanner walks over objects and arrays beside the target's type and checks names and depth. Whether what it steps over
// is JSON, encoding/json finds out afterwards; of a text that is, it sees every name. It keeps its own stack, so that
// nesting costs no recursion.
type scanner struct {
	text     string
	at       int // how much of text is read
	maxDepth int
	stack    []level
}

// level is one open object or array.
type level struct {
	object  bool
	started bool // it has a value already
	names   names
	shape   *shape       // the struct this object fills; nil for maps and interfaces
	elem    reflect.Type // the type of the next value; nil when it does not matter
}

// scan reads exactly one value.
func (s *scanner) scan(target reflect.Type) error {
	if err := s.value(target); err != nil {
		return err
	}
	for len(s.stack) > 0 {
		if err := s.member(&s.stack[len(s.stack)-1]); err != nil {
			return err
		}
	}
	if s.peek() != 0 || s.at < len(s.text) {
		return s.fail(ReasonTrailing)
	}
	return nil
}

// value reads a value; of an object or array only the bracket.
func (s *scanner) value(target reflect.Type) error {
	switch s.peek() {
	case '{', '[':
		return s.open(s.text[s.at] == '{', target)
	case '"':
		_, err := s.str()
		return err
	default:
		length := strings.IndexAny(s.text[s.at:], ",]} \t\r\n")
		if length < 0 {
			length = len(s.text) - s.at
		}
		if length == 0 {
			return s.fail(ReasonSyntax)
		}
		s.at += length
		return nil
	}
}

func (s *scanner) open(object bool, target reflect.Type) error {
	if len(s.stack) >= s.maxDepth {
		return s.fail(ReasonDepth)
	}
	l := level{object: object}
	if object {
		l.shape, l.elem = objectShape(target)
	} else {
		l.elem = arrayElem(target)
	}
	s.stack = append(s.stack, l)
	s.at++
	return nil
}

// member reads the next value of an object or array, or its end.
func (s *scanner) member(top *level) error {
	c := s.peek()
	if (top.object && c == '}') || (!top.object && c == ']') {
		s.stack = s.stack[:len(s.stack)-1]
		s.at++
		return nil
	}
	if top.started {
		if c != ',' {
			return s.fail(ReasonSyntax)
		}
		s.at++
	}
	top.started = true
	if top.object {
		if err := s.key(top); err != nil {
			return err
		}
	}
	return s.value(top.elem)
}

// key reads a name and its colon.
func (s *scanner) key(top *level) error {
	if s.peek() != '"' {
		return s.fail(ReasonSyntax)
	}
	name, err := s.str()
	if err != nil {
		return err
	}
	if strings.Contains(name, `\`) && json.Unmarshal([]byte(`"`+name+`"`), &name) != nil {
		return s.fail(ReasonSyntax)
	}
	if !top.names.add(name) {
		return s.fail(ReasonDuplicate)
	}
	if top.shape != nil {
		f := top.shape.find(name)
		if f.name != "" && f.name != name {
			return &Error{Reason: ReasonCase, Field: f.name, Offset: int64(s.at)}
		}
		top.elem = f.typ
	}
	if s.peek() != ':' {
		return s.fail(ReasonSyntax)
	}
	s.at++
	return nil
}

// str reads a string and gives what stands between its quotes.
func (s *scanner) str() (string, error) {
	start := s.at + 1
	for end := start; end < len(s.text); end++ {
		switch s.text[end] {
		case '"':
			s.at = end + 1
			return s.text[start:end], nil
		case '\\':
			end++ // whatever is escaped does not end the string
		}
	}
	return "", s.fail(ReasonSyntax)
}

// peek skips blanks and gives the byte after them, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) fail(reason Reason) error {
	return &Error{Reason: reason, Offset: int64(s.at)}
}

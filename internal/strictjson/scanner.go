package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
)

// scanner walks over the tokens beside the target's type and checks names and depth. It keeps its own stack, so that
// nesting costs no recursion.
type scanner struct {
	dec      *json.Decoder
	maxDepth int
	stack    []level
	shapes   shapes
}

// level is one open object or array.
type level struct {
	object  bool
	seen    map[string]struct{} // folded names of this object
	shape   *shape              // the struct this object fills; nil for maps and interfaces
	elem    reflect.Type        // the type of the next value; nil when it does not matter
	wantKey bool
}

func newScanner(data []byte, maxDepth int) *scanner {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return &scanner{dec: dec, maxDepth: maxDepth, shapes: shapes{}}
}

// scan reads exactly one value.
func (s *scanner) scan(target reflect.Type) error {
	next := target
	for {
		token, err := s.dec.Token()
		if err != nil {
			return s.fail(ReasonSyntax)
		}
		if err := s.step(token, next); err != nil {
			return err
		}
		if len(s.stack) == 0 {
			break
		}
		next = s.stack[len(s.stack)-1].elem
	}
	if _, err := s.dec.Token(); !errors.Is(err, io.EOF) {
		return s.fail(ReasonTrailing)
	}
	return nil
}

func (s *scanner) step(token json.Token, next reflect.Type) error {
	if delim, ok := token.(json.Delim); ok {
		switch delim {
		case '{', '[':
			return s.open(delim == '{', next)
		default:
			s.stack = s.stack[:len(s.stack)-1]
			s.valueDone()
			return nil
		}
	}
	if top := s.top(); top != nil && top.object && top.wantKey {
		return s.key(top, token)
	}
	s.valueDone()
	return nil
}

func (s *scanner) open(object bool, next reflect.Type) error {
	if len(s.stack) >= s.maxDepth {
		return s.fail(ReasonDepth)
	}
	l := level{object: object, wantKey: object}
	if object {
		l.seen = map[string]struct{}{}
		l.shape, l.elem = s.shapes.object(next)
	} else {
		l.elem = arrayElem(next)
	}
	s.stack = append(s.stack, l)
	return nil
}

func (s *scanner) key(top *level, token json.Token) error {
	name, ok := token.(string)
	if !ok {
		return s.fail(ReasonSyntax)
	}
	folded := fold(name)
	if _, twice := top.seen[folded]; twice {
		return s.fail(ReasonDuplicate)
	}
	top.seen[folded] = struct{}{}
	if top.shape != nil {
		top.elem = nil
		if field, known := top.shape.byFold[folded]; known {
			if field.name != name {
				return &Error{Reason: ReasonCase, Field: field.name, Offset: s.dec.InputOffset()}
			}
			top.elem = field.typ
		}
	}
	top.wantKey = false
	return nil
}

// valueDone is called after each complete value.
func (s *scanner) valueDone() {
	if top := s.top(); top != nil && top.object {
		top.wantKey = true
	}
}

func (s *scanner) top() *level {
	if len(s.stack) == 0 {
		return nil
	}
	return &s.stack[len(s.stack)-1]
}

func (s *scanner) fail(reason Reason) error {
	return &Error{Reason: reason, Offset: s.dec.InputOffset()}
}

package strictjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// shape lists the names a struct accepts.
type shape struct {
	byName map[string]field
	byFold map[string]field // by their folded spelling
}

type field struct {
	name string
	typ  reflect.Type
}

// find gives the field that a name means in some spelling; the zero field when there is none.
func (s *shape) find(name string) field {
	if f, ok := s.byName[name]; ok || len(s.byName) == 0 {
		return f
	}
	return s.byFold[fold(name)]
}

// shapes remembers the shape of each struct met, as encoding/json does: looking at a type costs more than reading a body.
//
//nolint:gochecknoglobals // a program has a fixed number of types, and what one looks like never changes
var shapes sync.Map

// objectShape says what an object that fills a value of type t consists of: a struct's fields, or a map's elements.
func objectShape(t reflect.Type) (*shape, reflect.Type) {
	t = deref(t)
	if t == nil || (t.Kind() != reflect.Struct && t.Kind() != reflect.Map) || decodesItself(t) {
		return nil, nil
	}
	if t.Kind() == reflect.Map {
		return nil, t.Elem()
	}
	if known, ok := shapes.Load(t); ok {
		s, _ := known.(*shape) // nothing else is in it
		return s, nil
	}
	s := newShape(t)
	shapes.Store(t, s)
	return s, nil
}

func newShape(t reflect.Type) *shape {
	s := &shape{byName: map[string]field{}, byFold: map[string]field{}}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || (f.Anonymous && name == "") {
			continue
		}
		if name == "" {
			name = f.Name
		}
		s.byName[name] = field{name: name, typ: f.Type}
		s.byFold[fold(name)] = s.byName[name]
	}
	return s
}

func arrayElem(t reflect.Type) reflect.Type {
	t = deref(t)
	if t == nil || decodesItself(t) || (t.Kind() != reflect.Slice && t.Kind() != reflect.Array) {
		return nil
	}
	return t.Elem()
}

func deref(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// decodesItself is true for types such as json.RawMessage and time.Time: their fields, if any, are not names in JSON.
func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func isStruct(t reflect.Type) bool {
	t = deref(t)
	return t.Kind() == reflect.Struct && !decodesItself(t)
}

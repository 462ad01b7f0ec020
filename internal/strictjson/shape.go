package strictjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"unicode"
)

// shape lists the names a struct accepts, by their folded spelling.
type shape struct{ byFold map[string]field }

type field struct {
	name string
	typ  reflect.Type
}

// shapes remembers the structs met during one call.
type shapes map[reflect.Type]*shape

// object says what an object that fills a value of type t consists of: a struct's fields, or a map's elements.
func (m shapes) object(t reflect.Type) (*shape, reflect.Type) {
	t = deref(t)
	switch {
	case t == nil || decodesItself(t):
		return nil, nil
	case t.Kind() == reflect.Struct:
		return m.of(t), nil
	case t.Kind() == reflect.Map:
		return nil, t.Elem()
	default:
		return nil, nil
	}
}

func (m shapes) of(t reflect.Type) *shape {
	if s, ok := m[t]; ok {
		return s
	}
	s := &shape{byFold: map[string]field{}}
	m[t] = s
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || (f.Anonymous && name == "") {
			continue
		}
		if name == "" {
			name = f.Name
		}
		s.byFold[fold(name)] = field{name: name, typ: f.Type}
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

// fold maps all spellings that encoding/json treats as one name to one of them: the smallest rune of each folding orbit.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, name)
}

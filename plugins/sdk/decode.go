package sdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// decodeConfig puts the plugin's configuration, a JSON object, into the handler's struct. A key without a field is an
// error, because a misspelt key would otherwise silently do nothing.
func decodeConfig(config []byte, handler any) error {
	config = bytes.TrimSpace(config)
	if len(config) == 0 || string(config) == "{}" || string(config) == "null" {
		return nil
	}
	t := reflect.TypeOf(handler)
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("config: the plugin takes none: its handler %T is not a pointer to a struct", handler)
	}
	dec := json.NewDecoder(bytes.NewReader(config))
	dec.DisallowUnknownFields()
	err := dec.Decode(handler)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			return errors.New("config: more than one JSON value")
		}
		return nil
	}
	if key, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("config: unknown key %s; the plugin knows: %s", key, strings.Join(keys(t.Elem()), ", "))
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("config: key %q must be a %s, not a %s", mismatch.Field, mismatch.Type, mismatch.Value)
	}
	return fmt.Errorf("config: %w", err)
}

// keys lists the top-level keys a struct takes, sorted.
func keys(t reflect.Type) []string {
	var out []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported() || len(f.Index) > 1 || name == "-":
		case name != "":
			out = append(out, name)
		default:
			out = append(out, f.Name)
		}
	}
	slices.Sort(out)
	if len(out) == 0 {
		return []string{"no key at all"}
	}
	return out
}

package config

import (
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// mask stands where a secret would be.
const mask = "***"

// Secret is a string that never prints: fmt, JSON, YAML, slog and errors show *** instead, or nothing when it is empty.
// Reveal gives the value.
//
// Keep it in exported fields: fmt cannot call methods on a value inside an unexported field and would print it as the
// plain string it is. For the same reason do not make it the key of a map: encoding/json asks such keys for their string.
type Secret string

// Reveal returns the value, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return fmt.Sprintf("config.Secret(%q)", s.String()) }

// Format hides the value from every verb, also those that take a string apart (%x, %q) and those that do not fit (%d).
func (s Secret) Format(w fmt.State, verb rune) {
	shown := s.String()
	switch {
	case verb == 'v' && w.Flag('#'):
		shown = s.GoString()
	case verb == 'q':
		shown = `"` + shown + `"`
	}
	_, _ = io.WriteString(w, shown) // a formatter has nowhere to report to
}

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the value from encoders of text, such as XML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON hides the value from JSON.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalYAML hides the value from YAML.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// MarshalBinary hides the value from encoders that carry bytes, such as gob.
func (s Secret) MarshalBinary() ([]byte, error) { return []byte(s.String()), nil }

var (
	_ fmt.Formatter            = Secret("")
	_ fmt.GoStringer           = Secret("")
	_ slog.LogValuer           = Secret("")
	_ json.Marshaler           = Secret("")
	_ encoding.TextMarshaler   = Secret("")
	_ encoding.BinaryMarshaler = Secret("")
)

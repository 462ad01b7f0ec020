package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Settings is the part of the configuration whose keys are a plugin's own. Nobody here knows which of them hold a secret,
// for example a ${DSN}, so it never prints: it shows *** as a Secret does, or nothing when it is empty. Reveal gives the
// real map. As with Secret, keep it in exported fields.
type Settings map[string]any

// Reveal returns the map itself, for the one place that hands it to the plugin.
func (s Settings) Reveal() map[string]any { return s }

func (s Settings) hidden() Secret {
	if len(s) == 0 {
		return ""
	}
	return mask
}

// String hides the settings.
func (s Settings) String() string { return s.hidden().String() }

// GoString hides the settings from %#v.
func (s Settings) GoString() string { return fmt.Sprintf("config.Settings(%q)", s.String()) }

// Format hides the settings from every verb.
func (s Settings) Format(w fmt.State, verb rune) {
	if verb == 'v' && w.Flag('#') {
		_, _ = io.WriteString(w, s.GoString()) // a formatter has nowhere to report to
		return
	}
	s.hidden().Format(w, verb)
}

// LogValue hides the settings from slog.
func (s Settings) LogValue() slog.Value { return s.hidden().LogValue() }

// MarshalText hides the settings from encoders of text.
func (s Settings) MarshalText() ([]byte, error) { return s.hidden().MarshalText() }

// MarshalJSON hides the settings from JSON.
func (s Settings) MarshalJSON() ([]byte, error) { return s.hidden().MarshalJSON() }

// MarshalYAML hides the settings from YAML.
func (s Settings) MarshalYAML() (any, error) { return s.hidden().MarshalYAML() }

// MarshalBinary hides the settings from encoders that carry bytes, such as gob.
func (s Settings) MarshalBinary() ([]byte, error) { return s.hidden().MarshalBinary() }

var (
	_ fmt.Formatter  = Settings{}
	_ slog.LogValuer = Settings{}
	_ json.Marshaler = Settings{}
)

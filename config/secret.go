package config

// Secret is a string that never prints: fmt, JSON, YAML, slog and errors show *** instead. Reveal gives the value.
type Secret string

// Reveal returns the value, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

package miniprogram

import (
	"fmt"
	"log/slog"
)

// SessionKey is a user's session_key, base64 text. It never prints: fmt, JSON and slog show *** instead. Whoever knows
// it can forge encryptedData, so it must never leave the server, and is encrypted at rest.
type SessionKey string

const redacted = "***"

// Reveal gives the value, for decryption and for sealing.
func (k SessionKey) Reveal() string { return string(k) }

// Format hides the value from every verb of fmt.
func (k SessionKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String hides the value.
func (k SessionKey) String() string { return redacted }

// LogValue hides the value from slog.
func (k SessionKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText hides the value from encoding/json and others.
func (k SessionKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

package sdk

import (
	"fmt"
	"io"
	"log/slog"
)

// Secrets are values by name. Printing, logging or marshalling them as a whole shows *** only; a single value is an
// ordinary string.
type Secrets map[string]string

const hidden = "***"

// Format hides the values from every verb of fmt.
func (Secrets) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue hides the values from slog.
func (Secrets) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON hides the values from encoding/json.
func (Secrets) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

package strictjson

import "fmt"

// Reason says which rule a body broke.
type Reason string

// The reasons.
const (
	ReasonTarget    Reason = "target is not a pointer"
	ReasonBOM       Reason = "byte order mark"
	ReasonUTF8      Reason = "not UTF-8"
	ReasonNotObject Reason = "not an object"
	ReasonSyntax    Reason = "not JSON"
	ReasonTrailing  Reason = "more than one value"
	ReasonDepth     Reason = "nested too deep"
	ReasonDuplicate Reason = "name given twice"
	ReasonCase      Reason = "name in the wrong letter case"
	ReasonType      Reason = "wrong type"
	ReasonRefused   Reason = "unknown name or refused value"
)

// Error says what is wrong with a body and where. It never holds a value from the body.
type Error struct {
	Reason Reason
	Field  string // the field as the target spells it, where known
	Offset int64  // bytes before the place, roughly
}

// Error implements error.
func (e *Error) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("json: %s: field %q, near byte %d", e.Reason, e.Field, e.Offset)
	}
	return fmt.Sprintf("json: %s near byte %d", e.Reason, e.Offset)
}

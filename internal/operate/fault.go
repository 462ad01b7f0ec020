package operate

import (
	"errors"
	"net/http"
)

// Code says what is wrong in a word that programs can rely on.
type Code string

// The codes.
const (
	Invalid       Code = "invalid"        // the request cannot be understood
	UnknownPlugin Code = "unknown-plugin" // no plugin of this host has that id
	UnknownEvent  Code = "unknown-event"  // no event has that id
	NotDead       Code = "not-dead"       // there is no such dead letter
	Refused       Code = "refused"        // not in this state: quarantined, in hand, stopping
	Failed        Code = "failed"         // tried, and failed; the text says why
	TooLate       Code = "too-late"       // the time for it ran out
	Internal      Code = "internal"       // a fault of the module; the log has the cause
)

func (c Code) status() int {
	switch c {
	case Invalid:
		return http.StatusBadRequest
	case UnknownPlugin, UnknownEvent, NotDead:
		return http.StatusNotFound
	case Refused, Failed:
		return http.StatusConflict
	case TooLate:
		return http.StatusGatewayTimeout
	case Internal:
	}
	return http.StatusInternalServerError
}

// Error is an error with a code. Its text is for the operator.
type Error struct {
	Code Code
	Err  error
}

// newError is an error with a code and a text.
func newError(code Code, text string) *Error { return &Error{code, errors.New(text)} }

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

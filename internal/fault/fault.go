// Package fault says what went wrong in terms a caller can act on: a stable code, an HTTP status, a sentence for
// people and, kept apart, the cause for the log.
//
// It is a leaf: every other package of the module may import it, and it imports none of them.
package fault

import (
	"errors"
	"fmt"
)

// Error is a failure with a stable code.
type Error struct {
	Code    Code
	Message string // shown to the client: Chinese, never a secret; empty means Code.Message()
	Err     error  // the cause: logged, never shown
}

// New makes an Error with the code's own message. cause may be nil.
func New(code Code, cause error) *Error { return &Error{Code: code, Err: cause} }

// Newf makes an Error whose cause is the formatted text; %w works as in fmt.Errorf.
func Newf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// Error is the text for logs: the code and the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Err.Error()
}

// Unwrap keeps errors.Is and errors.As working on the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, fault.New(code, nil)) true for every Error with the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Err == nil && t.Code == e.Code
}

// Public is the sentence that may be shown to the client.
func (e *Error) Public() string {
	if e.Message != "" {
		return e.Message
	}
	return e.Code.Message()
}

// CodeOf finds the code in err's chain; Internal for any other error, the empty code for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// Of finds the Error in err's chain, or wraps err as Internal.
func Of(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return New(Internal, err)
}

package sdk

import (
	"fmt"
	"time"
)

// RetryAfter asks for the event again, but not before d: "my own database is down". err is kept for people and may be
// nil. The host waits at least a quarter of a second, and three days at most. A d of zero or less means the host's schedule.
func RetryAfter(d time.Duration, err error) error { return &RetryError{After: max(d, 0), Err: err} }

// Reject says that the event will never succeed; it is set aside for a person. The reason is shown to that person.
func Reject(reason string) error { return &RejectError{Reason: reason} }

// RetryError is what RetryAfter returns; hosts with handlers in process find it with errors.As.
type RetryError struct {
	After time.Duration
	Err   error
}

// Error is the cause's text, with the wait.
func (e *RetryError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("retry after %v", e.After)
	}
	return e.Err.Error()
}

// Unwrap gives the cause.
func (e *RetryError) Unwrap() error { return e.Err }

// RejectError is what Reject returns; hosts with handlers in process find it with errors.As.
type RejectError struct{ Reason string }

// Error is the reason.
func (e *RejectError) Error() string { return e.Reason }

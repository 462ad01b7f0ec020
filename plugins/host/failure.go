package host

import "errors"

// permanentError is a failure that no restart heals: a person must change something.
type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

func permanent(err error) error { return &permanentError{err: err} }

func isPermanent(err error) bool {
	_, ok := errors.AsType[*permanentError](err)
	return ok
}

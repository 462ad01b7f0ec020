package outbound

import (
	"errors"
	"net/http"
	"net/url"
)

// Error is a failed call. Its text names the host and the path, never the query.
type Error struct {
	Method string
	Host   string
	Path   string
	Err    error // the cause, free of the URL
}

// Error implements error.
func (e *Error) Error() string {
	return e.Method + " " + e.Host + e.Path + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout says whether time ran out.
func (e *Error) Timeout() bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](e.Err)
	return ok && t.Timeout()
}

// Do sends the request and rebuilds a failure as an Error. Use it in place of client.Do: the *url.Error that
// http.Client returns prints the whole URL, app secret included.
func Do(client *http.Client, req *http.Request) (*http.Response, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, &Error{Method: req.Method, Host: req.URL.Host, Path: req.URL.Path, Err: StripURL(err)}
	}
	return resp, nil
}

// StripURL takes every *url.Error off the front of err's chain. A *url.Error further in would still print its URL, so
// then the whole text is replaced and only the innermost cause kept.
func StripURL(err error) error {
	for {
		ue, ok := errors.AsType[*url.Error](err)
		if !ok || ue.Err == nil {
			return err
		}
		err = ue.Err
	}
}

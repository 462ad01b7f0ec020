package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

// problem is a failure for the caller: a status, a code that programs can rely on and a sentence for people.
type problem struct {
	Status int
	Code   string
	Msg    string
}

func (p *problem) Error() string { return p.Msg }

func invalid(format string, args ...any) error {
	return &problem{http.StatusBadRequest, "invalid", fmt.Sprintf(format, args...)}
}

func missing(format string, args ...any) error {
	return &problem{http.StatusNotFound, "not-found", fmt.Sprintf(format, args...)}
}

func refused(format string, args ...any) error {
	return &problem{http.StatusConflict, "refused", fmt.Sprintf(format, args...)}
}

// read serves what needs nothing from the request.
func (s *Server) read(show func() any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { s.succeed(w, show()) }
}

// do serves what may fail. Every POST is answered once it has had its effect.
func (s *Server) do(act func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		data, err := act(r)
		if err != nil {
			s.fail(w, err)
			return
		}
		s.succeed(w, data)
	}
}

// success and failure are the two forms of an answer. Now lets programs on the real clock see how far off this one is.
type success struct {
	Now  time.Time `json:"now"`
	Data any       `json:"data"`
}

type failure struct {
	Now  time.Time `json:"now"`
	Code string    `json:"code"`
	Msg  string    `json:"msg"`
}

func (s *Server) succeed(w http.ResponseWriter, data any) {
	write(w, http.StatusOK, success{s.wechat.Now(), data})
}

func (s *Server) fail(w http.ResponseWriter, err error) {
	p, ok := errors.AsType[*problem](err)
	if !ok {
		p = &problem{http.StatusInternalServerError, "internal", err.Error()} // a developer's own machine: say it
	}
	write(w, p.Status, failure{s.wechat.Now(), p.Code, p.Msg})
}

func write(w http.ResponseWriter, status int, body any) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		status = http.StatusInternalServerError
		out.Reset()
		_, _ = fmt.Fprintf(&out, `{"code":"internal","msg":%q}`, err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}

// decode reads a request's JSON object; no body is an empty one. Unknown names are errors, since they are typing errors.
func decode(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return invalid("the request body cannot be read: %v", err)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	return decodeStrictly(body, into)
}

func decodeStrictly(body []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return invalid("the request body is not what is expected: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return invalid("the request body holds more than one JSON value")
	}
	return nil
}

func unknownPath(r *http.Request) (any, error) {
	return nil, missing("no %s %s; see docs/local-wechat.md", r.Method, r.URL.Path)
}

package operate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 64 << 10

// answer is what every request gets: data, or a code and a sentence.
type answer struct {
	Data any    `json:"data,omitempty"`
	Code Code   `json:"code,omitempty"`
	Msg  string `json:"msg,omitempty"`
}

// look serves a request that changes nothing; it ends with its client.
func (s *Server) look(do func(ctx context.Context, r *http.Request) (any, error)) http.HandlerFunc {
	return s.handle(func(r *http.Request) (any, error) {
		ctx, cancel := context.WithTimeout(r.Context(), lookWithin)
		defer cancel()
		data, err := do(ctx, r)
		return data, inTime(ctx, err)
	})
}

// change serves a request that changes something. It goes on when its client has left, and leaves a record.
func (s *Server) change(name string, within time.Duration, do func(ctx context.Context, c Command) (any, error)) http.HandlerFunc {
	return s.handle(func(r *http.Request) (data any, err error) {
		c, err := decode(r)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(s.changes, within)
		defer cancel()
		data, err = s.safely(func() (any, error) { return do(ctx, c) })
		err = inTime(ctx, err)
		s.audit(r, name, c, data, time.Since(began), err)
		return data, err
	})
}

// audit records who changed what.
func (s *Server) audit(r *http.Request, name string, c Command, result any, took time.Duration, err error) {
	attrs := []slog.Attr{slog.String("command", name), slog.Duration("took", took)}
	for _, a := range []slog.Attr{slog.String("plugin", c.Plugin), slog.String("event", c.Event), slog.String("code", c.Code)} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if counted, ok := result.(Requeued); ok {
		attrs = append(attrs, slog.Int("events", counted.Events))
	}
	if conn, ok := r.Context().Value(connKey{}).(net.Conn); ok {
		if uid, pid, known := peer(conn); known {
			attrs = append(attrs, slog.Int("by_uid", uid), slog.Int("by_pid", pid))
		}
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
		attrs = append(attrs, slog.Any("error", err))
	}
	s.log.LogAttrs(r.Context(), level, "operator's command", attrs...)
}

// inTime tells an error of a context whose time ran out from others.
func inTime(ctx context.Context, err error) error {
	switch {
	case err == nil || ctx.Err() == nil:
		return err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &Error{TooLate, err}
	}
	return &Error{Refused, fmt.Errorf("the host is stopping: %w", err)}
}

// handle writes the answer. A panic is a fault of ours, and no reason to end the host.
func (s *Server) handle(do func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.enter() {
			s.write(w, nil, newError(Refused, "the host is stopping"))
			return
		}
		defer s.requests.Done()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		data, err := s.safely(func() (any, error) { return do(r) })
		s.write(w, data, err)
	}
}

func (s *Server) safely(do func() (any, error)) (data any, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("control socket: a command panicked", "panic", p, "stack", string(debug.Stack()))
			data, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	return do()
}

func (s *Server) write(w http.ResponseWriter, data any, err error) {
	status, body := http.StatusOK, answer{Data: data}
	if err != nil {
		fault, ok := errors.AsType[*Error](err)
		if !ok {
			s.log.Error("control socket: a command failed", "error", err)
			fault = &Error{Internal, err} // whoever may ask may read the log, too
		}
		status, body = fault.Code.status(), answer{Code: fault.Code, Msg: cmp.Or(fault.Error(), string(fault.Code))}
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		status = http.StatusInternalServerError
		s.log.Error("control socket: an answer is no JSON", "error", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // nobody is left to be told
}

// decode reads a command. Unknown names are errors, since they are typing errors.
func decode(r *http.Request) (c Command, err error) {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, &Error{Invalid, fmt.Errorf("the request is not what is expected: %w", err)}
	}
	return c, nil
}

package wechattest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Client is an HTTP client whose every request this WeChat answers in memory, whatever its host.
func (s *Simulator) Client() *http.Client { return &http.Client{Transport: s.RoundTripper()} }

// RoundTripper answers requests in memory, without a port.
func (s *Simulator) RoundTripper() http.RoundTripper { return inMemory{s} }

// inMemory carries a request to a handler the way a connection would: the body is read to its end, the answer is
// complete before the caller sees it, and the caller's deadline holds.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		read, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("read request body: %w", err)
		}
		body = read
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	arrived := r.Clone(r.Context())
	arrived.RequestURI = r.URL.RequestURI()
	arrived.Body = io.NopCloser(bytes.NewReader(body))
	arrived.ContentLength = int64(len(body))
	if _, given := arrived.Header["User-Agent"]; !given {
		arrived.Header.Set("User-Agent", "Go-http-client/1.1") // as http.Transport does
	}
	if arrived.Host == "" {
		arrived.Host = r.URL.Host
	}
	answer, cut := m.serve(arrived)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	response := answer.response(r)
	if cut && answer.body.Len() == 0 {
		return nil, errConnectionCut
	}
	if cut {
		response.Body = io.NopCloser(io.MultiReader(response.Body, cutReader{}))
		response.ContentLength = -1
	}
	return response, nil
}

var errConnectionCut = errors.New("wechattest: the connection was cut")

// serve calls the handler, which may cut the connection before its answer or in the middle of it.
func (m inMemory) serve(r *http.Request) (answer *recorder, cut bool) {
	answer = newRecorder()
	defer func() {
		if reason := recover(); reason != nil {
			if err, is := reason.(error); !is || !errors.Is(err, http.ErrAbortHandler) {
				panic(reason)
			}
			cut = true
		}
	}()
	m.handler.ServeHTTP(answer, r)
	return answer, false
}

// cutReader ends a body too early.
type cutReader struct{}

func (cutReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

var _ http.RoundTripper = inMemory{}

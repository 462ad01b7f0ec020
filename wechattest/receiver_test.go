package wechattest_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
)

// transport is a RoundTripper made of a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// receiver accepts every notice and hands it on.
func receiver(received chan<- *http.Request) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		copied := r.Clone(r.Context())
		copied.Body = io.NopCloser(bytes.NewReader(body))
		received <- copied
		return answer(http.StatusNoContent), nil
	})
}

func answer(status int) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}
}

// inbox keeps every notice and answers with the status it was told, 204 at first. Signature probes it refuses.
type inbox struct {
	mu      sync.Mutex
	status  int
	headers []http.Header
	bodies  []string
}

func (i *inbox) answerWith(status int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.status = status
}

func (i *inbox) received() ([]http.Header, []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.headers, i.bodies
}

func (i *inbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.headers = append(i.headers, r.Header)
	i.bodies = append(i.bodies, string(body))
	if strings.HasPrefix(r.Header.Get("Wechatpay-Signature"), "WECHATPAY/SIGNTEST/") {
		return answer(http.StatusUnauthorized), nil
	}
	if i.status == 0 {
		return answer(http.StatusNoContent), nil
	}
	return answer(i.status), nil
}

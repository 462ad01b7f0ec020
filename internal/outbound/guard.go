package outbound

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

var (
	// ErrHostNotAllowed means that the request named a host outside the allow-list; nothing was dialled.
	ErrHostNotAllowed = errors.New("host is not on the allow-list")
	// ErrBodyTooLarge means that the answer's body went past the limit.
	ErrBodyTooLarge = errors.New("answer is larger than allowed")
)

// target is where calls for an allowed host really go; the zero value changes nothing.
type target struct{ scheme, host string }

// guard checks the host, waits for a free slot, rewrites the address and limits the body.
type guard struct {
	next    http.RoundTripper
	allowed map[string]target // by host:port, lower case
	maxBody int64
	slots   chan struct{}
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	to, ok := g.allowed[withPort(strings.ToLower(req.URL.Host))]
	if !ok || req.URL.Scheme != "https" {
		closeBody(req)
		return nil, fmt.Errorf("%w: %s://%s", ErrHostNotAllowed, req.URL.Scheme, req.URL.Host)
	}
	select {
	case g.slots <- struct{}{}:
	case <-req.Context().Done():
		closeBody(req)
		return nil, req.Context().Err()
	}
	release := sync.OnceFunc(func() { <-g.slots })
	resp, err := g.calmly(to.apply(req))
	if err != nil {
		release()
		return nil, err
	}
	if resp.ContentLength > g.maxBody {
		_ = resp.Body.Close()
		release()
		return nil, ErrBodyTooLarge
	}
	resp.Body = &limitedBody{body: resp.Body, left: g.maxBody, release: release}
	return resp, nil
}

// calmly makes an error of a panic, and of no answer at all: the transport is the host's, and a call that never gave its
// slot back would in the end keep all others out. What was panicked with is not told, it could hold a secret.
func (g *guard) calmly(req *http.Request) (resp *http.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			resp, err = nil, fmt.Errorf("the transport panicked with a %T", p)
		}
	}()
	if resp, err = g.next.RoundTrip(req); err == nil && (resp == nil || resp.Body == nil) {
		return nil, errors.New("the transport gave neither an answer with a body nor an error")
	}
	return resp, err
}

// apply points the request at the local WeChat, if there is one. The request given is not changed.
func (t target) apply(req *http.Request) *http.Request {
	if t.host == "" {
		return req
	}
	moved := req.Clone(req.Context())
	moved.URL.Scheme, moved.URL.Host, moved.Host = t.scheme, t.host, ""
	return moved
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// limitedBody fails at the first byte past the limit, and frees the call's slot when closed.
type limitedBody struct {
	body    io.ReadCloser
	left    int64
	release func()
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	if int64(n) > b.left {
		n = int(b.left)
		b.left = 0
		return n, ErrBodyTooLarge
	}
	b.left -= int64(n)
	return n, err
}

func (b *limitedBody) Close() error {
	defer b.release()
	return b.body.Close()
}

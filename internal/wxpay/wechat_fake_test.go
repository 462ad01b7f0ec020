package wxpay

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/outbound"
)

// fake answers what a client sends, one answer after the other; the last one repeats.
type fake struct {
	mu      sync.Mutex
	answers []answer
	asked   []asked
	slept   []time.Duration
}

// answer makes a response, or an error.
type answer func(*http.Request) (*http.Response, error)

// asked is one request as it reached the network.
type asked struct {
	host, method, uri, body string
	header                  http.Header
}

func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	a := asked{host: req.URL.Host, method: req.Method, uri: req.URL.RequestURI(), header: req.Header.Clone()}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		a.body = string(body)
	}
	f.asked = append(f.asked, a)
	next := f.answers[min(len(f.asked), len(f.answers))-1]
	f.mu.Unlock()
	return next(req)
}

func (f *fake) sleep(ctx context.Context, d time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slept = append(f.slept, d)
	return ctx.Err()
}

func (f *fake) calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.asked)
}

// client is a Client over the fake, with both hosts, through the same outbound client as in production.
func (f *fake) client(t *testing.T, w *world) *Client {
	t.Helper()
	httpClient, err := outbound.New(outbound.Options{
		AllowHosts: []string{outbound.PayHost, outbound.PayBackupHost}, Transport: f, Timeout: 2 * time.Second, MaxBody: 1 << 20,
	})
	require.NoError(t, err)
	w.ring.o.HTTP = httpClient
	client, err := New(Options{
		Merchant: w.merchant, Ring: w.ring, HTTP: httpClient, AppIDs: []string{testAppID}, BackupHost: true,
		Now: testNow, Sleep: f.sleep,
	})
	require.NoError(t, err)
	return client
}

// signed answers with a body that s signed.
func signed(s signer, status int, body string) answer {
	return response(status, s.headers([]byte(body), testNow()), body)
}

// unsigned answers like a gateway, or like somebody else.
func unsigned(status int, body string) answer {
	return response(status, http.Header{"Request-Id": {"08F5B8C2B506-0"}}, body)
}

func response(status int, header http.Header, body string) answer {
	return func(req *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: header.Clone(), Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: req,
			ContentLength: int64(len(body)),
		}, nil
	}
}

// broken is a connection that fails.
func broken(err error) answer {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

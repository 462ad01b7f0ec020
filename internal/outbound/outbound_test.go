package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const secretURL = "https://" + APIHost + "/sns/jscode2session?appid=wx1&secret=canary-secret&js_code=canary-code"

// local starts a server and gives a client whose calls for APIHost reach it.
func local(t *testing.T, o Options, handle http.HandlerFunc) *http.Client {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	o.AllowHosts, o.BaseURLs = []string{APIHost}, map[string]string{APIHost: server.URL}
	client, err := New(o)
	require.NoError(t, err)
	return client
}

func get(t *testing.T, client *http.Client, url string) (string, error) {
	t.Helper()
	body, err := Get(t.Context(), client, url)
	return string(body), err
}

func TestBaseURLMovesTheCall(t *testing.T) {
	t.Parallel()
	client := local(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method+" "+r.RequestURI)
	})
	body, err := get(t, client, "https://"+APIHost+"/a%2Fb?x=%20y&z")
	require.NoError(t, err)
	require.Equal(t, "GET /a%2Fb?x=%20y&z", body)
}

func TestPostJSONKeepsText(t *testing.T) {
	t.Parallel()
	client := local(t, Options{}, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	body, err := PostJSON(t.Context(), client, "https://"+APIHost+"/", map[string]string{"content": "中<&>"})
	require.NoError(t, err)
	require.Contains(t, string(body), `"中<&>"`) // raw, not as \u escapes
}

func TestOnlyAllowedHostsAreCalled(t *testing.T) {
	t.Parallel()
	var dialled atomic.Int32
	client, err := New(Options{
		AllowHosts: []string{PayHost, "proxy.example.com:8443"},
		Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			dialled.Add(1)
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
		}),
	})
	require.NoError(t, err)
	for url, allowed := range map[string]bool{
		"https://api.mch.weixin.qq.com/v3": true, "https://API.MCH.weixin.qq.com:443/v3": true,
		"https://proxy.example.com:8443/":      true,
		"http://api.mch.weixin.qq.com/v3":      false, // not encrypted
		"https://api.mch.weixin.qq.com:444/v3": false, "https://api.mch.weixin.qq.com.evil.example/": false,
		"https://evil.example/": false, "https://127.0.0.1/": false, "https://[::1]/": false, "https://169.254.169.254/": false,
		"https://proxy.example.com/": false, "https://api.mch.weixin.qq.com@evil.example/": false,
	} {
		before := dialled.Load()
		_, err := get(t, client, url)
		require.Equal(t, allowed, err == nil, "%s: %v", url, err)
		require.Equal(t, allowed, dialled.Load() == before+1, url)
		require.Equal(t, !allowed, errors.Is(err, ErrHostNotAllowed), url)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"https://x.example/wechat", "https://x.example/?a=b", "https://u:p@x.example", "ftp://x.example", "x.example", "http://", "::",
		"https://x.example/#f",
	} {
		_, err := New(Options{AllowHosts: []string{PayHost}, BaseURLs: map[string]string{PayHost: base}})
		require.Error(t, err, base)
		require.NotContains(t, err.Error(), "u:p")
	}
	for _, base := range []string{"", "http://127.0.0.1:8080", "https://x.example/"} {
		_, err := New(Options{AllowHosts: []string{PayHost}, BaseURLs: map[string]string{PayHost: base}})
		require.NoError(t, err, base)
	}
	for _, hosts := range [][]string{nil, {""}, {"https://x.example"}, {"x.example/path"}, {"a b"}, {"user@x.example"}} {
		_, err := New(Options{AllowHosts: hosts})
		require.Error(t, err, "%q", hosts)
	}
	_, err := New(Options{AllowHosts: []string{PayHost}, BaseURLs: map[string]string{APIHost: "http://x.example"}})
	require.Error(t, err)
}

// A redirect is an answer, never a second call: a 307 would send the body to another host.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		var calls atomic.Int32
		client := local(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			http.Redirect(w, r, "https://"+APIHost+"/elsewhere?canary", status)
		})
		_, err := PostJSON(t.Context(), client, secretURL, map[string]string{"code": "canary"})
		require.ErrorContains(t, err, "HTTP status")
		require.NotContains(t, err.Error(), "canary")
		require.Equal(t, int32(1), calls.Load())
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	serve := func(n int, length bool) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if !length {
				w.(http.Flusher).Flush() // no Content-Length
			}
			_, _ = w.Write([]byte(strings.Repeat("x", n)))
		}
	}
	for _, length := range []bool{true, false} {
		body, err := get(t, local(t, Options{MaxBody: 1000}, serve(1000, length)), secretURL)
		require.NoError(t, err)
		require.Len(t, body, 1000)
		_, err = get(t, local(t, Options{MaxBody: 1000}, serve(1001, length)), secretURL)
		require.ErrorIs(t, err, ErrBodyTooLarge)
	}
	_, err := get(t, local(t, Options{}, serve(MaxBodyDefault+1, false)), secretURL)
	require.ErrorIs(t, err, ErrBodyTooLarge)
}

// A server that never stops sending, and one that never starts.
func TestSlowServers(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]http.HandlerFunc{
		"endless drip": func(w http.ResponseWriter, r *http.Request) {
			for tick := time.NewTicker(10 * time.Millisecond); r.Context().Err() == nil; <-tick.C {
				_, _ = io.WriteString(w, "x")
				w.(http.Flusher).Flush()
			}
		},
		"stalled headers": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		start := time.Now()
		_, err := get(t, local(t, Options{Timeout: 200 * time.Millisecond}, handle), secretURL)
		require.Error(t, err, name)
		require.Less(t, time.Since(start), 5*time.Second, name)
		require.NotContains(t, err.Error(), "canary", name)
		failed, ok := errors.AsType[*Error](err)
		require.True(t, ok, name)
		require.True(t, failed.Timeout(), name)
	}
}

// The query holds app secrets and tokens: no error shows it, whatever fails.
func TestErrorsHideTheQuery(t *testing.T) {
	t.Parallel()
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, dead.Close())
	refused, err := New(Options{AllowHosts: []string{APIHost}, BaseURLs: map[string]string{APIHost: "http://" + dead.Addr().String()}})
	require.NoError(t, err)
	stranger, err := New(Options{AllowHosts: []string{PayHost}})
	require.NoError(t, err)
	hangsUp := local(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	badLocation := local(t, Options{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://[canary-secret")
		w.WriteHeader(http.StatusFound)
	})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, client := range map[string]*http.Client{"refused": refused, "stranger": stranger, "hangs up": hangsUp, "cancelled": refused} {
		ctx := t.Context()
		if name == "cancelled" {
			ctx = ended
		}
		_, err := Get(ctx, client, secretURL)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), "canary", name)
		require.Contains(t, err.Error(), APIHost, name) // says whom we called
		require.Contains(t, err.Error(), "/sns/jscode2session", name)
	}
	_, err = get(t, badLocation, secretURL)
	require.Error(t, err)
	_, err = Get(t.Context(), refused, "https://"+APIHost+"/%zz?canary")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "canary")

	// Negative control: the plain client does show it.
	_, err = refused.Get(secretURL)
	require.ErrorContains(t, err, "canary-secret")
}

func TestTLSNameMustFit(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate()) // for example.com
	transport := newTransport()
	transport.TLSClientConfig.RootCAs = pool
	transport.Proxy = nil
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := New(Options{AllowHosts: []string{APIHost, "example.com"}, Transport: transport})
	require.NoError(t, err)
	body, err := get(t, client, "https://example.com/")
	require.NoError(t, err)
	require.Equal(t, "hello", body)
	_, err = get(t, client, secretURL)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "canary")
	require.GreaterOrEqual(t, newTransport().TLSClientConfig.MinVersion, uint16(tls.VersionTLS12))
}

func TestParallelCallsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		client, err := New(Options{AllowHosts: []string{PayHost}, MaxParallel: 3, Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			now := running.Add(1)
			defer running.Add(-1)
			for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
				continue
			}
			select { // as a network does
			case <-time.After(5 * time.Second):
			case <-req.Context().Done():
				return nil, req.Context().Err()
			}
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
		})})
		require.NoError(t, err)
		results := make(chan error)
		for range 9 {
			go func() {
				_, err := Get(context.Background(), client, "https://"+PayHost+"/")
				results <- err
			}()
		}
		failed := 0
		for range 9 {
			if err := <-results; err != nil {
				failed++ // got a slot too late for its 8 s, or none
			}
		}
		require.Equal(t, int32(3), most.Load())
		require.Equal(t, 6, failed)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// A transport of the host's that breaks its contract must not use up the slots.
func TestBrokenTransportGivesItsSlotBack(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func() (*http.Response, error){
		"panic":   func() (*http.Response, error) { panic("canary") },
		"nothing": func() (*http.Response, error) { return nil, nil }, //nolint:nilnil // the fault that is tested
		"no body": func() (*http.Response, error) { return &http.Response{StatusCode: http.StatusOK}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := New(Options{
				AllowHosts: []string{APIHost}, MaxParallel: 1, Timeout: time.Minute,
				Transport: roundTrip(func(*http.Request) (*http.Response, error) { return answer() }),
			})
			require.NoError(t, err)
			for range 3 {
				_, err := get(t, client, secretURL)
				require.Error(t, err)
				require.NotContains(t, err.Error(), "canary")
			}
		})
	}
}

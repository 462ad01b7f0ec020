package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

// output is a terminal's, which a verb and its test use at the same time. It says when something was written.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	written chan struct{} // holds one
}

func newOutput() *output { return &output{written: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.written <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await waits until the output matches, and returns the match. The text is not printed, since it holds secrets.
func (o *output) await(t *testing.T, pattern string, ended <-chan struct{}) []string {
	t.Helper()
	expected := regexp.MustCompile(pattern)
	for {
		if found := expected.FindStringSubmatch(o.String()); found != nil {
			return found
		}
		select {
		case <-o.written:
		case <-ended:
			t.Fatalf("ended without printing %s", pattern)
		case <-t.Context().Done():
			t.Fatalf("never printed %s", pattern)
		}
	}
}

// served is a local WeChat started by the verb itself.
type served struct {
	url    string
	keys   string
	out    *output
	ended  chan struct{}
	status int // after ended
	stop   context.CancelFunc
}

// startServe runs sim serve on a free port until the test ends.
func startServe(t *testing.T, flags ...string) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &served{keys: filepath.Join(t.TempDir(), "keys"), out: newOutput(), ended: make(chan struct{}), stop: cancel}
	args := append([]string{"sim", "serve", "-listen", "127.0.0.1:0", "-keys", s.keys}, flags...)
	go func() {
		defer close(s.ended)
		s.status = run(ctx, terminal{strings.NewReader(""), s.out, s.out, noEnvironment}, args)
	}()
	t.Cleanup(func() {
		cancel()
		<-s.ended
	})
	s.url = s.out.await(t, `answers at (http://\S+);`, s.ended)[1]
	s.out.await(t, `Ctrl-C ends it`, s.ended)
	return s
}

func noEnvironment(string) string { return "" }

// call runs a verb against the local WeChat.
func (s *served) call(t *testing.T, input string, args ...string) (status int, out, problems string) {
	t.Helper()
	return call(t, input, func(name string) string { return map[string]string{addressVariable: s.url}[name] }, args...)
}

func call(t *testing.T, input string, getenv func(string) string, args ...string) (status int, out, problems string) {
	t.Helper()
	var printed, complained bytes.Buffer
	status = run(t.Context(), terminal{strings.NewReader(input), &printed, &complained, getenv}, args)
	return status, printed.String(), complained.String()
}

// newShop answers every notice with this status.
func newShop(t *testing.T, status int) (noticeURL string) {
	t.Helper()
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(shop.Close)
	return shop.URL + "/wechat/pay/notice"
}

func TestServeEndsCleanly(t *testing.T) {
	t.Parallel()
	s := startServe(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/", http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	page, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Contains(t, string(page), "本地微信", "the root leads to the page")
	s.stop()
	<-s.ended
	require.Zero(t, s.status)
}

func TestServedConfigurationLoads(t *testing.T) {
	t.Parallel()
	s := startServe(t, "-notify-url", "http://127.0.0.1:9999/shop/wechat/pay/notice")
	loaded, err := config.Load(filepath.Join(s.keys, configFile))
	require.NoError(t, err)
	require.Equal(t, s.url, loaded.Pay.BaseURL)
	require.Equal(t, "http://127.0.0.1:9999/shop", loaded.PublicURL)
	for _, name := range []string{"apiclient_key.pem", "api-v3-key", "app-secret"} {
		info, err := os.Stat(filepath.Join(s.keys, name))
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, "%s is for this user only", name)
	}
}

func TestServeTakesNumbersOfOnesOwn(t *testing.T) {
	t.Parallel()
	s := startServe(t, "-mchid", "1900000109", "-appid", "wx0123456789abcdef", "-key-mode", "public-key", "-quiet", "-strict",
		"-run", "deaf-wechat", "-hold")
	_, out, _ := s.call(t, "", "sim", "run")
	require.Contains(t, out, "deaf-wechat")
	yaml, err := os.ReadFile(filepath.Join(s.keys, configFile))
	require.NoError(t, err)
	require.Contains(t, string(yaml), `"1900000109"`)
	require.Contains(t, string(yaml), `"wx0123456789abcdef"`)
}

func TestServeRemembers(t *testing.T) {
	t.Parallel()
	state, shop := filepath.Join(t.TempDir(), "state.json"), newShop(t, http.StatusNoContent)
	first := startServe(t, "-state", state, "-notify-url", shop)
	status, _, problems := first.call(t, "", "sim", "trigger", "payment.succeeded", "-out-trade-no", "ORDER-0001")
	require.Zero(t, status, problems)
	status, _, problems = call(t, "", noEnvironment, "sim", "serve", "-listen", "127.0.0.1:0", "-keys", t.TempDir(), "-state", state)
	require.Equal(t, 1, status)
	require.Contains(t, problems, "belongs to another local WeChat")
	first.stop()
	<-first.ended
	second := startServe(t, "-state", state)
	_, out, _ := second.call(t, "", "sim", "list", "orders")
	require.Contains(t, out, "ORDER-0001")
}

func TestServeForwardsNotices(t *testing.T) {
	t.Parallel()
	shop := newShop(t, http.StatusNoContent)
	s := startServe(t, "-forward-to", strings.TrimSuffix(shop, "/wechat/pay/notice"))
	status, _, problems := s.call(t, "", "sim", "trigger", "payment.succeeded", "-notify-url", "https://shop.example.com/wechat/pay/notice")
	require.Zero(t, status, problems)
	s.out.await(t, `-> POST https://shop.example.com/wechat/pay/notice  204`, s.ended)
}

func TestServeAcceptsAnyCertificateIfAsked(t *testing.T) {
	t.Parallel()
	shop := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	shop.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshake that must fail
	shop.StartTLS()
	t.Cleanup(shop.Close)
	trusting, careful := startServe(t, "-notify-insecure", "-notify-url", shop.URL), startServe(t, "-notify-url", shop.URL)
	status, _, problems := trusting.call(t, "", "sim", "trigger", "payment.succeeded")
	require.Zero(t, status, problems)
	status, _, problems = careful.call(t, "", "sim", "trigger", "payment.succeeded")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "certificate")
}

func TestServeRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	for says, c := range map[string]struct {
		status int
		flags  []string
	}{
		"only this machine":  {2, []string{"-listen", "0.0.0.0:0"}},
		"only this machine ": {2, []string{"-listen", ":0"}},
		"-listen takes":      {1, []string{"-listen", taken.Addr().String()}},
		"both, certificate":  {2, []string{"-key-mode", "none"}},
		"32":                 {1, []string{"-api-v3-key", "short"}},
		"-api-v2-key":        {2, []string{"-api-v2-key", "short", "-notify-url", "http://127.0.0.1:1/x"}},
		"needs -notify-url":  {2, []string{"-api-v2-key", strings.Repeat("x", 32)}},
		"speed of the clock": {1, []string{"-speed", "-1"}},
		"such as http":       {2, []string{"-forward-to", "shop"}},
		"no such scenario":   {2, []string{"-run", "none"}},
		"no-such-file.yaml":  {1, []string{"-run", "no-such-file.yaml"}},
		"expected":           {2, []string{"here"}},
	} {
		args := append([]string{"sim", "serve", "-listen", "127.0.0.1:0", "-keys", t.TempDir()}, c.flags...)
		status, _, problems := call(t, "", noEnvironment, args...)
		require.Equal(t, c.status, status, says)
		require.Contains(t, problems, strings.TrimSpace(says))
	}
}

func TestListAsJSON(t *testing.T) {
	t.Parallel()
	s := startServe(t)
	_, out, _ := s.call(t, "", "sim", "list", "phones", "-json")
	var phones []any
	require.NoError(t, json.Unmarshal([]byte(out), &phones))
	require.Empty(t, phones)
}

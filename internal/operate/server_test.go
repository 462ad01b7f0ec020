package operate_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/operate"
)

// module is a fake; a nil function is one that is not asked.
type module struct {
	operate.Module

	plugins func(ctx context.Context) ([]operate.Plugin, error)
	reload  func(ctx context.Context, plugin string, force bool) error
	replay  func(ctx context.Context, event, plugin string) error
	dead    []operate.DeadLetter
}

func (m *module) Plugins(ctx context.Context) ([]operate.Plugin, error) { return m.plugins(ctx) }

func (m *module) Reload(ctx context.Context, plugin string, force bool) error {
	return m.reload(ctx, plugin, force)
}

func (m *module) Replay(ctx context.Context, event, plugin string) error {
	return m.replay(ctx, event, plugin)
}

func (m *module) DeadLetters(_ context.Context, f operate.DeadFilter) ([]operate.DeadLetter, error) {
	from := 0
	if f.After != "" {
		_, event, _, err := f.After.Parse()
		if err != nil {
			return nil, err
		}
		for from < len(m.dead) && m.dead[from].Event <= event {
			from++
		}
	}
	return m.dead[from:min(len(m.dead), from+f.Limit)], nil
}

// book is a log that two goroutines may use.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// shortDir is a folder whose path leaves room for a socket's.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "op") //nolint:usetesting // short, because the paths of sockets are limited
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func start(t *testing.T, m operate.Module) (c operate.Client, s *operate.Server, log *book) {
	t.Helper()
	path, log := filepath.Join(shortDir(t), "control", "control.sock"), &book{}
	s, err := operate.Start(t.Context(), path, "/etc/wechat.yml", m, slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	return operate.At(path), s, log
}

func TestCommandsReachTheModule(t *testing.T) {
	t.Parallel()
	c, _, log := start(t, &module{
		plugins: func(context.Context) ([]operate.Plugin, error) { return []operate.Plugin{{ID: "fulfil"}}, nil },
		reload: func(_ context.Context, plugin string, force bool) error {
			if plugin != "fulfil" || !force {
				return errors.New("asked for something else")
			}
			return nil
		},
		replay: func(_ context.Context, event, plugin string) error {
			return &operate.Error{Code: operate.UnknownEvent, Err: errors.New("no event " + event + " for " + plugin)}
		},
	})
	ctx := t.Context()
	h, err := c.Host(ctx)
	require.NoError(t, err)
	require.Equal(t, os.Getpid(), h.PID)
	require.Equal(t, "/etc/wechat.yml", h.ConfigFile)
	all, err := c.Plugins(ctx)
	require.NoError(t, err)
	require.Equal(t, "fulfil", all.Plugins[0].ID)
	require.NotContains(t, log.String(), "operator's command", "looking leaves no record")

	_, err = c.Reload(ctx, "fulfil", true)
	require.NoError(t, err)
	require.Contains(t, log.String(), `level=INFO msg="operator's command" command=reload`)
	require.Contains(t, log.String(), "plugin=fulfil")
	if runtime.GOOS == "linux" {
		require.Contains(t, log.String(), "by_uid=")
	}
	err = c.Replay(ctx, "e1", "fulfil")
	require.Equal(t, operate.UnknownEvent, codeOf(err))
	require.EqualError(t, err, "no event e1 for fulfil")
	require.Contains(t, log.String(), `level=WARN msg="operator's command" command=replay`)
}

func codeOf(err error) operate.Code {
	if fault, ok := errors.AsType[*operate.Error](err); ok {
		return fault.Code
	}
	return ""
}

func TestPagesOfDeadLetters(t *testing.T) {
	t.Parallel()
	m := &module{}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		m.dead = append(m.dead, operate.DeadLetter{Event: id, Plugin: "p", Since: time.UnixMilli(1)})
	}
	c, _, _ := start(t, m)
	f, seen := operate.DeadFilter{Limit: 2}, ""
	for {
		page, err := c.DeadLetters(t.Context(), f)
		require.NoError(t, err)
		for _, d := range page.Letters {
			seen += d.Event
		}
		if f.After = page.Next; f.After == "" {
			break
		}
		require.Len(t, page.Letters, 2)
	}
	require.Equal(t, "abcde", seen)
	for _, wrong := range []operate.DeadFilter{{Limit: 0}, {Limit: 5000}, {Limit: 1, After: "?"}, {Limit: 1, After: "e30"}} {
		_, err := c.DeadLetters(t.Context(), wrong)
		require.Equal(t, operate.Invalid, codeOf(err), "%v", wrong)
	}
}

func TestPanicsAndFaultsAreAnswered(t *testing.T) {
	t.Parallel()
	c, _, log := start(t, &module{
		plugins: func(context.Context) ([]operate.Plugin, error) { panic("looking") },
		replay:  func(context.Context, string, string) error { panic("changing") },
		reload:  func(context.Context, string, bool) error { return errors.New("the disk is full") },
	})
	_, err := c.Plugins(t.Context())
	require.Equal(t, operate.Internal, codeOf(err))
	require.Equal(t, operate.Internal, codeOf(c.Replay(t.Context(), "e", "p")))
	require.Contains(t, log.String(), "server_test.go", "the stack is in the log")
	require.Contains(t, log.String(), "command=replay", "and the record")
	_, err = c.Reload(t.Context(), "", false)
	require.Equal(t, operate.Internal, codeOf(err))
	_, err = c.Host(t.Context())
	require.NoError(t, err, "it goes on")
}

func TestWrongRequestsAreRefused(t *testing.T) {
	t.Parallel()
	c, _, _ := start(t, &module{})
	h, err := c.Host(t.Context())
	require.NoError(t, err)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", h.Socket)
	}, DisableKeepAlives: true}
	for request, want := range map[string]int{
		"GET /":                               http.StatusBadRequest,
		"GET /v1/replay":                      http.StatusBadRequest,
		"GET /v1/dead":                        http.StatusBadRequest,
		"POST /v1/replay nonsense":            http.StatusBadRequest,
		`POST /v1/replay {"evnt":"x"}`:        http.StatusBadRequest,
		"POST /v1/replay " + tooLong():        http.StatusBadRequest,
		`POST /v1/dead/requeue {}`:            http.StatusBadRequest,
		`POST /v1/dead/requeue {"event":"x"}`: http.StatusBadRequest,
		`POST /v1/dead/requeue {"event":"x","plugin":"p","all":true}`:  http.StatusBadRequest,
		`POST /v1/dead/requeue {"event":"x","plugin":"p","code":"no"}`: http.StatusBadRequest,
	} {
		words := strings.SplitN(request+" ", " ", 3)
		r, err := http.NewRequestWithContext(t.Context(), words[0], "http://host"+words[1], strings.NewReader(words[2]))
		require.NoError(t, err)
		response, err := transport.RoundTrip(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, want, response.StatusCode, request)
	}
}

func tooLong() string { return `{"event":"` + strings.Repeat("x", 100_000) + `"}` }

// A change goes on without its client, and is broken off by the end of the host.
func TestChangesOutliveTheirClients(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan error, 1)
	c, s, _ := start(t, &module{reload: func(ctx context.Context, _ string, _ bool) error {
		close(began)
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return ctx.Err()
	}})
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := c.Reload(ctx, "", false)
		left <- err
	}()
	<-began
	leave()
	require.Error(t, <-left)
	require.Empty(t, ended)
	require.NoError(t, s.Stop(t.Context()))
	require.ErrorIs(t, <-ended, context.Canceled)
	_, err := c.Host(t.Context())
	require.ErrorIs(t, err, operate.ErrNotRunning)
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	release, began := make(chan struct{}), make(chan struct{})
	c, s, _ := start(t, &module{replay: func(context.Context, string, string) error {
		close(began)
		<-release
		return nil
	}})
	go func() { _ = c.Replay(context.Background(), "e", "p") }()
	<-began
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, s.Stop(ctx), "a command goes on")
	close(release)
}

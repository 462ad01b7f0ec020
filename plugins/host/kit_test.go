package host

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/lanetest"
)

const testLimit = 30 * time.Second

func contextWithTestLimit() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), testLimit)
}

// scene is a folder of plugins, a configuration and a log, all of one test.
type scene struct {
	base   string // a folder that is removed with everything in it
	cfg    config.Plugins
	limits timing
	log    *logBook

	services Services // what plugins may ask
	past     Past     // what shadow runs get
}

// newScene has one plugin, fulfil 1.4.0, whose executable has the given name; see internal/testplugin for what the
// names mean.
func newScene(t *testing.T, executable string) *scene {
	t.Helper()
	base, err := os.MkdirTemp("", "wx") //nolint:usetesting // short, because the paths of sockets are limited
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(base)) })
	limits := defaultTiming()
	limits.backoffFirst = 50 * time.Millisecond
	limits.hangCall += lanetest.Slack() // a process that has to wait for a busy processor does not hang
	limits.describe += lanetest.Slack()
	s := &scene{
		base: base,
		cfg: config.Plugins{
			Dir: filepath.Join(base, "plugins"), RunDir: filepath.Join(base, "run"),
			Enabled: map[string]config.Plugin{},
		},
		limits: limits, log: newLogBook(),
	}
	s.add(t, "fulfil", executable, `["payment.succeeded", "user.*", "refund.*", "test"]`)
	return s
}

func (s *scene) folder(id string) string { return filepath.Join(s.cfg.Dir, id, "1.4.0") }

// release lays out a version of a plugin.
func (s *scene) release(t *testing.T, id, version, executable, handles string) {
	t.Helper()
	folder := filepath.Join(s.cfg.Dir, id, version)
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "bin"), 0o755))
	require.NoError(t, os.Link(testBinary, filepath.Join(folder, "bin", executable)))
	text := fmt.Sprintf("id: %s\nversion: %s\nprotocol: 1\nhandles: %s\nexecutables: {%s: bin/%s}\n"+
		"limits: {timeout: 5s, concurrency: 4}\n", id, version, handles, platform(), executable)
	require.NoError(t, os.WriteFile(filepath.Join(folder, ManifestName), []byte(text), 0o644))
}

func (s *scene) add(t *testing.T, id, executable, handles string) {
	t.Helper()
	s.release(t, id, "1.4.0", executable, handles)
	s.cfg.Enabled[id] = config.Plugin{
		Version: "1.4.0", Secrets: map[string]config.Secret{"TOKEN": canary}, Config: map[string]any{},
	}
}

// canary is a secret that must never be seen.
const canary = "c4n4ry\"<secret>"

func (s *scene) manifest(t *testing.T, id, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(s.folder(id), ManifestName), []byte(text), 0o644))
}

// schema gives fulfil a schema for its configuration.
func (s *scene) schema(t *testing.T, text string) {
	t.Helper()
	s.manifest(t, "fulfil", goodManifest+"executables: {"+platform()+": bin/plugin}\nconfig_schema: config.schema.json\n")
	require.NoError(t, os.WriteFile(filepath.Join(s.folder("fulfil"), "config.schema.json"), []byte(text), 0o644))
}

// set changes one plugin's part of the configuration.
func (s *scene) set(id string, change func(p *config.Plugin)) {
	p := s.cfg.Enabled[id]
	change(&p)
	enabled := map[string]config.Plugin{} // a host may hold the other one
	maps.Copy(enabled, s.cfg.Enabled)
	s.cfg.Enabled = enabled
	s.cfg.Enabled[id] = p
}

// start starts a host and stops it at the test's end; nothing may be left then, in the run folder or in the log.
func (s *scene) start(t *testing.T) *Host {
	t.Helper()
	h, err := newHost(s.cfg, Options{Logger: slog.New(s.log), Version: "test", Services: s.services, Past: s.past}, s.limits)
	require.NoError(t, err)
	require.NoError(t, h.Start(t.Context()))
	t.Cleanup(func() {
		began := time.Now()
		require.NoError(t, h.Stop(context.Background()))
		require.Less(t, time.Since(began), 5*time.Second+lanetest.Slack())
		left, err := os.ReadDir(s.cfg.RunDir)
		require.NoError(t, err)
		require.Empty(t, left)
		require.NotContains(t, s.log.text(), "c4n4ry")
		if t.Failed() {
			t.Log(s.log.text())
		}
	})
	return h
}

func (s *scene) ready(t *testing.T) *Host {
	t.Helper()
	h := s.start(t)
	awaitReady(t, h)
	return h
}

func awaitReady(t *testing.T, h *Host) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	require.NoError(t, h.WaitReady(ctx))
}

// await waits until the plugin's description satisfies ok, woken by every change.
func await(t *testing.T, h *Host, ok func(Info) bool) Info {
	t.Helper()
	limit := time.After(testLimit)
	for {
		h.mu.Lock()
		changed := h.changed
		h.mu.Unlock()
		if i := h.List()[0]; ok(i) {
			return i
		}
		select {
		case <-changed:
		case <-limit:
			require.FailNow(t, "never came to pass", "%+v", h.List())
		}
	}
}

// do sends the test plugin an event that says what its handler shall do.
func do(t *testing.T, h *Host, id, what string) Outcome {
	t.Helper()
	return h.Deliver(t.Context(), "fulfil", event(id, what))
}

func event(id, what string) Event {
	return Event{
		ID: id, Type: "test", WeChatType: "TEST.EVENT", Subject: "s-" + id, Attempt: 1, OccurredAt: time.Now(),
		Payload: []byte(`{"do":"` + what + `"}`),
	}
}

// logBook is a slog handler that tests can wait on.
type logBook struct {
	slog.Handler
	shared *logLines
}

type logLines struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	wrote chan struct{}
}

func newLogBook() *logBook {
	l := &logLines{wrote: make(chan struct{})}
	return &logBook{Handler: slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}), shared: l}
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.wrote)
	l.wrote = make(chan struct{})
	return l.buf.Write(p)
}

func (b *logBook) text() string {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	return b.shared.buf.String()
}

// await waits for a record whose message contains the text, and returns its fields.
func (b *logBook) await(t *testing.T, msg string) map[string]any {
	t.Helper()
	limit := time.After(testLimit)
	for {
		b.shared.mu.Lock()
		wrote, text := b.shared.wrote, b.shared.buf.String()
		b.shared.mu.Unlock()
		for line := range strings.Lines(text) {
			var fields map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &fields))
			if strings.Contains(fields["msg"].(string), msg) {
				return fields
			}
		}
		select {
		case <-wrote:
		case <-limit:
			require.FailNow(t, "never logged", "%q in %s", msg, text)
		}
	}
}

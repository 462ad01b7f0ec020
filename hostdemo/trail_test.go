package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/canary"
)

// secretsOf are the secrets that only came about while the demo ran: session keys and access tokens of its WeChat.
func secretsOf(t *testing.T, data string) []string {
	t.Helper()
	state, err := os.ReadFile(filepath.Join(data, "local-wechat.json"))
	require.NoError(t, err)
	var secrets []string
	for _, found := range regexp.MustCompile(`(?i)"(?:session_?keys?|access_?tokens?|tokens?|value)":\s*(?:\[\s*)?\{?"([^"]{16,})"`).FindAllSubmatch(state, -1) {
		secrets = append(secrets, string(found[1]))
	}
	require.NotEmpty(t, secrets, "the local WeChat's memory holds session keys and access tokens")
	return secrets
}

func newMiniProgram(d *demo) *miniProgram {
	return &miniProgram{phone: d.wechat.Phone("xiaohong"), host: d.url, http: &http.Client{Timeout: 15 * time.Second}}
}

func get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, body
}

func TestTrailMasksSecrets(t *testing.T) {
	t.Parallel()
	o := testOptions(t, "")
	d := openDemo(t, o)
	app := newMiniProgram(d)
	var tokens []string
	_, err := app.logIn(t.Context())
	require.NoError(t, err)
	tokens = append(tokens, app.token)
	_, err = app.bindPhone(t.Context())
	require.NoError(t, err)
	tokens = append(tokens, app.token)
	require.NoError(t, app.updateProfile(t.Context(), "小红", "https://"+avatarHost+"/cat.svg"))

	status, body := get(t, d.url+"/demo/trail?after=0")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(body), tokens[0][:4]+"…", "the trail shows which token it was")
	require.NoError(t, d.Close()) // writes the local WeChat's memory

	require.Empty(t, canary.FindSecrets(body, append(tokens, secretsOf(t, o.data)...)...))
}

func TestTrailMasksWhatOthersForgot(t *testing.T) {
	t.Parallel()
	secret := canary.Secret("app-secret")
	trail := newTrail()
	trail.hide(secret)
	trail.add(step{
		From: atHost, Title: "title " + secret, Note: "note " + secret, Fields: []field{{"name", secret}},
		Call: &call{
			Path: "/x?secret=s3cr3t-in-query&a=1", Body: `{"session_key" : "s3cr3t-key"}`,
			Answer: `{"data":"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP0_1"}`, Error: secret, Header: []field{{"h", secret}},
		},
	})
	steps, _, _ := trail.since(0)
	text, err := json.Marshal(steps)
	require.NoError(t, err)
	require.Empty(t, canary.FindSecrets(text, "s3cr3t-in-query", "s3cr3t-key", "efghijklmnop"))
	require.Contains(t, string(text), `abcd…_1`)
	require.Contains(t, string(text), "a=1")
}

func TestTrailForgetsTheOldest(t *testing.T) {
	t.Parallel()
	trail := newTrail()
	for i := range trailLength + 5 {
		trail.add(step{From: atHost, Title: strconv.Itoa(i)})
	}
	steps, _, _ := trail.since(0)
	require.Len(t, steps, trailLength)
	require.Equal(t, "5", steps[0].Title)
	steps, _, _ = trail.since(trail.now() - 2)
	require.Len(t, steps, 2)
}

func TestTrailReadersWait(t *testing.T) {
	t.Parallel()
	trail := newTrail()
	got := make(chan []step)
	go func() { got <- trail.next(context.Background(), 0) }()
	trail.add(step{From: atHost, Title: "first"})
	require.Len(t, <-got, 1)

	go func() { got <- trail.next(context.Background(), 1) }()
	trail.close()
	require.Empty(t, <-got, "close lets readers go")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.Empty(t, newTrail().next(ctx, 0))
}

func TestLogRecordsBecomeSteps(t *testing.T) {
	t.Parallel()
	trail := newTrail()
	log := slog.New(trail.handler(discard()))
	log.Debug("too small")
	log.With("event", "ev_1", "plugin", "ledger").Info(eventHandled, "took", 3*time.Millisecond)
	log.With("plugin", "ledger", "plugin_version", "1.0.0").Warn("odd", slog.Group("plugin_fields", "order", "o1", "n", 7.0))

	steps, _, _ := trail.since(0)
	require.Len(t, steps, 2)
	require.Equal(t, []any{atHost, atPlugin, "ev_1", "ledger", 3.0},
		[]any{steps[0].From, steps[0].To, steps[0].Event, steps[0].Plugin, steps[0].TookMs})
	require.Equal(t, atPlugin, steps[1].From)
	require.True(t, steps[1].Problem)
	require.Equal(t, []field{{"order", "o1"}, {"n", "7"}}, steps[1].Fields)
}

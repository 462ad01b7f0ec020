package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/internal/operate"
	"wgink.ink/wechat/internal/store"
)

// greeter builds the plugin of that name below a plugins.dir.
func greeter(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	source := filepath.Join("..", "..", "plugins", "plugintest", "internal", "greeter")
	folder := filepath.Join(dir, "greeter", "1.2.3")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "bin"), 0o750))
	for _, name := range []string{"plugin.yaml", "config.schema.json"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), text, 0o600))
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(folder, "bin", "greeter"), "./"+source).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

func greeting(dir, version string) string {
	return fmt.Sprintf("      dir: %q\n      mode: dev\n      enabled: {greeter: {version: %s, grant: [], config: {greeting: hello}, secrets: {TOKEN: t0ken}}}\n", dir, version)
}

func TestPluginsOfARunningHost(t *testing.T) {
	t.Parallel()
	dir := greeter(t)
	o := newOperated(t, runFolder(t), greeting(dir, "1.2.3"))
	m := o.open(t)
	require.NoError(t, m.WaitReady(t.Context()))
	use := func(args ...string) (status int, out, problems string) {
		t.Helper()
		return call(t, "", noEnvironment, append(args, "-config", o.file)...)
	}

	status, out, problems := use("plugin", "list")
	require.Zero(t, status, problems)
	require.Regexp(t, `greeter +1\.2\.3 +ready +\d+s +\d+ +1 +0/\d+ +0 +- +0`, out)
	require.Contains(t, out, "greeter: may none; asks for and was not granted: users.read")
	require.NotContains(t, out, "memory")
	_, out, _ = use("plugin", "list", "-v")
	require.Contains(t, out, "greeter: hash not pinned")
	require.Regexp(t, `greeter: memory .* of \d+`, out)
	require.NotContains(t, out, "t0ken")

	if runtime.GOOS != "windows" {
		killed, err := os.FindProcess(m.Plugins()[0].PID)
		require.NoError(t, err)
		require.NoError(t, killed.Kill())
		require.Eventually(t, func() bool {
			i := m.Plugins()[0]
			return len(i.Crashes) == 1 && i.State == "ready"
		}, 20*time.Second, 5*time.Millisecond)
		_, out, _ = use("plugin", "list", "-v")
		require.Regexp(t, `greeter: ended \d+s ago: version 1\.2\.3, process \d+, .*signal: killed`, out)
	}

	status, out, problems = use("plugin", "reload")
	require.Zero(t, status, problems)
	require.Regexp(t, `^greeter 1\.2\.3  unchanged, ready\n$`, out)
	before := m.Plugins()[0].PID
	status, out, problems = use("plugin", "reload", "greeter")
	require.Zero(t, status, problems)
	require.Contains(t, out, "greeter 1.2.3  replaced, was 1.2.3, process ")
	require.NotEqual(t, before, m.Plugins()[0].PID)
	status, out, _ = use("plugin", "reload", "-force")
	require.Zero(t, status)
	require.Contains(t, out, "replaced")

	o.write(t, greeting(dir, "9.9.9"))
	status, out, problems = use("plugin", "reload")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "greeter/9.9.9/plugin.yaml")
	require.Contains(t, out, "greeter 1.2.3  unchanged, ready", "the old one goes on")
	status, _, problems = use("plugin", "reload", "greter")
	require.Equal(t, 1, status)
	require.Contains(t, problems, `"greter"; there are greeter`)

	o.write(t, "")
	status, out, problems = use("plugin", "reload")
	require.Zero(t, status, problems)
	require.Equal(t, "greeter  stopped\n", out)
	o.write(t, greeting(dir, "1.2.3"))
	status, out, problems = use("plugin", "reload")
	require.Zero(t, status, problems)
	require.Equal(t, "greeter 1.2.3  new, ready\n", out)

	status, out, problems = use("plugin", "list", "-json")
	require.Zero(t, status, problems)
	var all []operate.Plugins
	require.NoError(t, json.Unmarshal([]byte(out), &all))
	require.Equal(t, os.Getpid(), all[0].Host.PID)
	require.Equal(t, []string{"users.read"}, all[0].Plugins[0].Withheld)
}

// keep writes an event for on-payment-notice into the host's database, which it shares with this test's process.
func (o operated) keep(t *testing.T, events ...string) {
	t.Helper()
	db, err := store.Open("sqlite:" + filepath.Join(filepath.Dir(o.file), "wechat.db"))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.InTx(t.Context(), func(q store.Queries) error {
		for _, id := range events {
			if _, err := q.InsertEvent(t.Context(), store.Event{
				ID: id, Kind: "payment.succeeded", WeChatType: "TRANSACTION.SUCCESS", BusinessKey: id, Subject: "order-" + id,
				Verdict: store.VerdictOK, Payload: []byte(`{"out_trade_no":"order-` + id + `","trade_state":"SUCCESS"}`),
			}); err != nil {
				return err
			}
			if err := q.InsertDeliveries(t.Context(), id, "order-"+id, []string{"on-payment-notice"}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestDeadLettersOfARunningHost(t *testing.T) {
	t.Parallel()
	o := newOperated(t, runFolder(t), "")
	m := o.open(t)
	o.keep(t, "e1", "e2", "e3")
	dead := func(n int) func() bool {
		return func() bool {
			letters, err := m.DeadLetters(t.Context(), wechat.DeadLetterFilter{})
			return err == nil && len(letters) == n
		}
	}
	require.Eventually(t, dead(3), 20*time.Second, 5*time.Millisecond)
	use := func(args ...string) (status int, out, problems string) {
		t.Helper()
		return call(t, "", noEnvironment, append(args, "-config", o.file)...)
	}

	status, out, problems := use("plugin", "dead", "list", "-limit", "2")
	require.Zero(t, status, problems)
	require.Regexp(t, `e\d +on-payment-notice +\d+s +order-e\d +handler +out of paper`, out)
	place := regexp.MustCompile(`More: (-after \S+)`).FindStringSubmatch(out)
	require.NotNil(t, place, out)
	_, rest, _ := use(append([]string{"plugin", "dead", "list"}, strings.Fields(place[1])...)...)
	require.NotContains(t, rest, "More:")
	for _, id := range []string{"e1", "e2", "e3"} {
		require.Equal(t, 1, strings.Count(out+rest, "order-"+id), "%s is on one page", id)
	}
	_, out, _ = use("plugin", "dead", "list", "-code", "poison")
	require.Equal(t, "No dead letters.\n", out)
	_, out, _ = use("plugin", "dead", "list", "-json")
	require.Contains(t, out, `"reason": "out of paper"`)

	status, out, _ = use("plugin", "dead", "show", "e1")
	require.Zero(t, status)
	require.Contains(t, out, "Event e1  payment.succeeded  order-e1")
	require.Regexp(t, `on-payment-notice +dead +\d+s +1 `, out)
	require.NotContains(t, out, "trade_state")
	_, out, _ = use("plugin", "dead", "show", "e1", "-payload")
	require.Contains(t, out, `"trade_state":"SUCCESS"`)

	status, out, _ = use("plugin", "dead", "requeue", "e1", "on-payment-notice")
	require.Zero(t, status)
	require.Equal(t, "Event e1 is due at on-payment-notice again.\n", out)
	require.Eventually(t, func() bool { return dead(3)() && attempts(t, m, "e1") == 2 }, 20*time.Second, 5*time.Millisecond, "it was handed over again")
	status, out, _ = use("plugin", "dead", "requeue", "-all", "-plugin", "on-payment-notice", "-code", "handler")
	require.Zero(t, status)
	require.Equal(t, "3 events are due at on-payment-notice again.\n", out)
	require.Eventually(t, func() bool { return dead(3)() && attempts(t, m, "e1") == 3 }, 20*time.Second, 5*time.Millisecond)
	status, _, _ = use("plugin", "replay", "-event", "e2", "-plugin", "on-payment-notice")
	require.Zero(t, status)
	require.Eventually(t, func() bool { return attempts(t, m, "e2") == 3 }, 20*time.Second, 5*time.Millisecond)

	for line, want := range map[string]string{
		"plugin dead show none":                               "no event has that id: none",
		"plugin dead show none -payload":                      "no event has that id: none",
		"plugin dead requeue none on-payment-notice":          "no such dead letter",
		"plugin dead requeue e1 other":                        "no such dead letter",
		"plugin dead requeue -all -plugin other":              `no such plugin: "other"; there are on-payment-notice`,
		"plugin replay -event e1 -plugin other":               "no such plugin",
		"plugin replay -event none -plugin on-payment-notice": "no event has that id: none",
		"plugin dead list -after x":                           "no place",
		"plugin dead list -limit 0":                           "limit must be from 1 to 1000",
	} {
		status, out, problems := use(strings.Fields(line)...)
		require.Equal(t, 1, status, line)
		require.Empty(t, out)
		require.Contains(t, problems, want, line)
		require.Equal(t, 1, strings.Count(problems, "\n"), problems)
	}
}

func attempts(t *testing.T, m *wechat.Module, event string) int {
	t.Helper()
	e, err := m.Event(t.Context(), event)
	require.NoError(t, err)
	return e.Deliveries[0].Attempts
}

package wechat_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/operate"
	"wgink.ink/wechat/plugins/host"
)

// runDir is a folder for sockets: the paths of those are limited.
func runDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "wx") //nolint:usetesting // short
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// operator finds the one host that runs in a folder.
func operator(t *testing.T, run string) operate.Client {
	t.Helper()
	dirs, err := host.PrivateDirs(config.Plugins{RunDir: run})
	require.NoError(t, err)
	require.Len(t, dirs, 1)
	return operate.At(operate.SocketName(dirs[0]))
}

// starting starts a module on a configuration, which ends with the test.
func starting(t *testing.T, cfg config.Config, opts ...wechat.Option) *wechat.Module {
	t.Helper()
	m, err := wechat.New(cfg, append([]wechat.Option{wechat.WithLogger(slog.New(slog.DiscardHandler))}, opts...)...)
	require.NoError(t, err)
	require.NoError(t, m.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, m.Stop(context.Background())) })
	return m
}

func TestOperatorReloadsPlugins(t *testing.T) {
	t.Parallel()
	run, file, url := runDir(t), filepath.Join(t.TempDir(), "application.yml"), dbtest.SQLite(t)
	plugins := greeter(t)
	write := func(greeting string, concurrency int) {
		require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `open-platform:
  wechat:
    database: {url: %q}
    plugins:
      dir: %q
      run-dir: %q
      mode: dev
      enabled: {greeter: {version: 1.2.3, grant: [users.read], config: {%s}, secrets: {TOKEN: secret}, limits: {concurrency: %d}}}
`, url, plugins, run, greeting, concurrency), 0o600))
	}
	write("greeting: hello", 1)
	cfg, err := config.Load(file)
	require.NoError(t, err)
	m := starting(t, cfg, wechat.WithConfigFile(file))
	require.NoError(t, m.WaitReady(t.Context()))
	o, ctx := operator(t, run), t.Context()

	before, err := o.Plugins(ctx)
	require.NoError(t, err)
	require.Equal(t, file, before.Host.ConfigFile)
	require.Len(t, before.Plugins, 1)
	p := before.Plugins[0]
	require.Equal(t, "ready", p.State)
	require.Equal(t, []string{"users.read"}, p.Granted)
	require.Equal(t, 1, p.Concurrency)

	after, err := o.Reload(ctx, "", false)
	require.NoError(t, err)
	require.Equal(t, p.PID, after.Plugins[0].PID, "nothing changed")
	after, err = o.Reload(ctx, "", true)
	require.NoError(t, err)
	require.NotEqual(t, p.PID, after.Plugins[0].PID, "force replaces it all the same")

	write("greeting: hello", 2)
	after, err = o.Reload(ctx, "greeter", false)
	require.NoError(t, err)
	require.Equal(t, 2, after.Plugins[0].Concurrency, "the file was read again")
	require.Equal(t, 2, after.Plugins[0].Swaps)
	require.NoError(t, m.ReloadPlugins(ctx))
	require.Equal(t, 2, m.Plugins()[0].Swaps, "what came into force is what the file says")

	write("greeting: [", 2)
	_, err = o.Reload(ctx, "", false)
	require.ErrorContains(t, err, file)
	write("greetings: hello", 2)
	_, err = o.Reload(ctx, "greeter", false)
	require.ErrorContains(t, err, "plugins.enabled.greeter.config")
	_, err = o.Reload(ctx, "greter", false)
	require.ErrorContains(t, err, `no such plugin: "greter"; there are greeter`)
	require.Equal(t, after.Plugins[0].PID, m.Plugins()[0].PID, "the old one goes on")
	require.NoError(t, os.WriteFile(file, []byte("open-platform: {wechat: {database: {url: x}}}"), 0o600))
	_, err = o.Reload(ctx, "", false)
	require.ErrorContains(t, err, "database.url")
}

// A host that tells no file is reloaded with the configuration it has.
func TestOperatorReloadsWithoutFile(t *testing.T) {
	t.Parallel()
	run := runDir(t)
	m := starting(t, config.Config{
		Database: config.Database{URL: config.Secret(dbtest.SQLite(t))},
		Plugins: config.Plugins{Dir: greeter(t), RunDir: run, Mode: config.PluginsDev, Enabled: map[string]config.Plugin{"greeter": {
			Version: "1.2.3", Config: map[string]any{"greeting": "hello"}, Secrets: map[string]config.Secret{"TOKEN": "x"},
		}}},
	})
	require.NoError(t, m.WaitReady(t.Context()))
	before := m.Plugins()[0].PID
	after, err := operator(t, run).Reload(t.Context(), "", false)
	require.NoError(t, err)
	require.NotEqual(t, before, after.Plugins[0].PID)
}

// records is a log that several goroutines may use.
type records struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *records) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func TestOperatorAndDeadLetters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		log := &records{}
		b, mended, taken := newBedOfTheDead(t, url, wechat.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
		o, ctx := operate.At(b.socket), t.Context()
		dead := b.payAndDie(3)
		page, err := o.DeadLetters(ctx, operate.DeadFilter{Limit: 2})
		require.NoError(t, err)
		require.Len(t, page.Letters, 2)
		page, err = o.DeadLetters(ctx, operate.DeadFilter{Limit: 2, After: page.Next})
		require.NoError(t, err)
		require.Len(t, page.Letters, 1)
		require.Equal(t, dead[2].EventID, page.Letters[0].Event)
		require.Empty(t, page.Next)
		all, err := o.Plugins(ctx)
		require.NoError(t, err)
		require.Equal(t, operate.InProcess, all.Plugins[0].State)
		require.Equal(t, 3, all.Plugins[0].Queue.Dead)

		e, err := o.Event(ctx, dead[0].EventID, false)
		require.NoError(t, err)
		require.Equal(t, "payment.succeeded", e.Kind)
		require.Equal(t, "out of paper", e.Deliveries[0].Reason)
		require.Empty(t, e.Payload)
		require.NotContains(t, log.String(), "operator's command")
		e, err = o.Event(ctx, dead[0].EventID, true)
		require.NoError(t, err)
		require.Contains(t, e.Payload, dead[0].Subject)
		require.Contains(t, log.String(), `command="show payload"`)
		for _, payload := range []bool{false, true} {
			_, err = o.Event(ctx, "none", payload)
			require.ErrorContains(t, err, "no event has that id: none")
		}

		close(mended)
		require.NoError(t, o.Requeue(ctx, dead[0].EventID, "till"))
		require.Equal(t, dead[0].EventID, told(t, taken))
		require.Regexp(t, `command=requeue .*plugin=till event=`+dead[0].EventID, log.String())
		require.ErrorContains(t, o.Requeue(ctx, dead[0].EventID, "till"), "no such dead letter")
		n, err := o.RequeueAll(ctx, "till", "")
		require.NoError(t, err)
		require.Equal(t, 2, n)
		require.Regexp(t, `command=requeue .*plugin=till events=2`, log.String())
		_, err = o.RequeueAll(ctx, "tell", "")
		require.ErrorContains(t, err, "no such plugin")
		told(t, taken)
		told(t, taken)
		b.awaitDone(dead[0].EventID)
		require.NoError(t, o.Replay(ctx, dead[0].EventID, "till"))
		require.Equal(t, dead[0].EventID, told(t, taken))
		require.ErrorContains(t, o.Replay(ctx, "none", "till"), "no event has that id")
		require.NotContains(t, log.String(), e.Payload)
	})
}

func TestConsoleSocketCanBeOff(t *testing.T) {
	t.Parallel()
	run := runDir(t)
	cfg := config.Config{
		Database: config.Database{URL: config.Secret(dbtest.SQLite(t))}, Plugins: config.Plugins{RunDir: run},
		Console: config.Console{Socket: config.SocketOff},
	}
	m := starting(t, cfg)
	left, err := os.ReadDir(run)
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoError(t, m.Stop(t.Context()))

	cfg.Console.Socket, cfg.Database.URL = "", config.Secret(dbtest.SQLite(t))
	m = starting(t, cfg)
	_, err = operator(t, run).Host(t.Context())
	require.NoError(t, err, "the negative control")
	require.NoError(t, m.Stop(t.Context()))
	left, err = os.ReadDir(run)
	require.NoError(t, err)
	require.Empty(t, left)
}

// A socket that somebody asked for must be there; the one in the default place need not.
func TestHostsWithoutSocket(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	cfg := config.Config{
		Database: config.Database{URL: config.Secret(dbtest.SQLite(t))}, Plugins: config.Plugins{RunDir: filepath.Join(file, "x")},
	}
	log := &records{}
	starting(t, cfg, wechat.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	require.Contains(t, log.String(), "wechatctl will not reach this host")

	cfg.Database.URL, cfg.Console.Socket = config.Secret(dbtest.SQLite(t)), filepath.Join(file, "c.sock")
	m, err := wechat.New(cfg, wechat.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	require.ErrorContains(t, m.Start(t.Context()), "console.socket")
	cfg.Console.Socket = "c.sock"
	_, err = wechat.New(cfg)
	require.ErrorContains(t, err, "console.socket")
}

// Hosts that share a run folder do not clash, and each is reached by a socket of its own.
func TestTwoHostsOfOneUser(t *testing.T) {
	t.Parallel()
	run := runDir(t)
	for _, file := range []string{"a.yml", "b.yml"} {
		starting(t, config.Config{
			Database: config.Database{URL: config.Secret(dbtest.SQLite(t))}, Plugins: config.Plugins{RunDir: run},
		}, wechat.WithConfigFile(file))
	}
	dirs, err := host.PrivateDirs(config.Plugins{RunDir: run})
	require.NoError(t, err)
	require.Len(t, dirs, 2)
	files := map[string]bool{}
	for _, dir := range dirs {
		h, err := operate.At(operate.SocketName(dir)).Host(t.Context())
		require.NoError(t, err)
		files[filepath.Base(h.ConfigFile)] = true
	}
	require.Equal(t, map[string]bool{"a.yml": true, "b.yml": true}, files)
}

//go:build unix

package nodetest

import (
	"bufio"
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/npmtest"
	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/plugins/sdk"
)

const template = "../../template-node"

// The template carries the contract with it; a folder must not refer to anything outside.
func TestContractIsTheSame(t *testing.T) {
	t.Parallel()
	ours, theirs := os.DirFS("../../pluginv1/proto"), os.DirFS(filepath.Join(template, "proto"))
	found := 0
	require.NoError(t, fs.WalkDir(ours, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		want, err := fs.ReadFile(ours, name)
		require.NoError(t, err)
		have, err := fs.ReadFile(theirs, name)
		require.NoError(t, err, "copy it from plugins/pluginv1/proto")
		require.Equal(t, string(want), string(have), "%s: copy it from plugins/pluginv1/proto", name)
		found++
		return nil
	}))
	require.NotZero(t, found)
}

// install lays the template out with its packages.
func install(t *testing.T) (plugins string) {
	t.Helper()
	plugins = filepath.Join(t.TempDir(), "plugins")
	folder := filepath.Join(plugins, "points-node", "0.1.0")
	require.NoError(t, os.MkdirAll(folder, 0o755))
	for _, name := range []string{"plugin.js", "wechat.js", "plugin.yaml", "config.schema.json", "package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(template, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), text, 0o644))
	}
	require.NoError(t, os.CopyFS(filepath.Join(folder, "proto"), os.DirFS(filepath.Join(template, "proto"))))
	npmtest.Install(t, folder, "the tests of the plugin in Node.js")
	return plugins
}

// orders answers the plugin's calls.
type orders struct {
	mu    sync.Mutex
	state string
}

func (o *orders) set(state string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.state = state
}

func (o *orders) query(_ context.Context, outTradeNo, _ string) (*sdk.Order, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.state == "" {
		return nil, fault.New(fault.OrderNotFound, nil)
	}
	return &sdk.Order{OutTradeNo: outTradeNo, TradeState: o.state}, nil
}

func start(t *testing.T, plugins string, known *orders, change func(*config.Plugin)) (*host.Host, error) {
	t.Helper()
	run, err := os.MkdirTemp("", "wxn") //nolint:usetesting // short, because the paths of sockets are limited
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(run)) })
	p := config.Plugin{Version: "0.1.0", Required: true, Grant: []string{"orders.read"}, Config: map[string]any{"minimum_fen": 100}}
	change(&p)
	var book bytes.Buffer
	h, err := host.New(config.Plugins{
		Dir: plugins, RunDir: run, Mode: config.PluginsDev, Enabled: map[string]config.Plugin{"points-node": p},
	}, host.Options{Logger: slog.New(slog.NewTextHandler(&book, nil)), Services: host.Services{QueryOrder: known.query}})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		require.NoError(t, h.Stop(context.Background()))
		if t.Failed() {
			t.Log(book.String())
		}
	})
	require.NoError(t, h.Start(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, h.WaitReady(ctx))
	return h, nil
}

func payment(id, totalFen string) host.Event {
	return host.Event{
		ID: id, Type: "payment.succeeded", WeChatType: "TRANSACTION.SUCCESS", Subject: "ORDER-0001", Attempt: 1, OccurredAt: time.Now(),
		Compared: true, Payload: []byte(`{"mchid":"1673570001","appid":"wx7e57000000000001","out_trade_no":"ORDER-0001",` +
			`"transaction_id":"42","trade_state":"SUCCESS","payer":{"openid":"o1"},"amount":{"total":` + totalFen + `,"payer_total":1,"currency":"CNY"}}`),
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	plugins := install(t)

	t.Run("Works", func(t *testing.T) {
		t.Parallel()
		known := &orders{state: "SUCCESS"}
		h, err := start(t, plugins, known, func(*config.Plugin) {})
		require.NoError(t, err)
		deliver := func(id, fen string) host.Outcome { return h.Deliver(t.Context(), "points-node", payment(id, fen)) }
		require.Equal(t, host.Done, deliver("e1", "2800").Result)
		known.set("CLOSED")
		o := deliver("e2", "2800")
		require.Equal(t, host.Reject, o.Result)
		require.Contains(t, o.Message, "the order is CLOSED")
		require.Equal(t, host.Done, deliver("e3", "99").Result, "the configuration counts")
		known.set("")
		require.Equal(t, host.Retry, deliver("e4", "2800").Result, "an error of the host is one of the handler")

		pid := h.List()[0].PID
		require.NoError(t, h.Stop(t.Context()))
		require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH)
	})
	t.Run("NotGranted", func(t *testing.T) {
		t.Parallel()
		h, err := start(t, plugins, &orders{state: "SUCCESS"}, func(p *config.Plugin) { p.Grant = nil })
		require.NoError(t, err)
		o := h.Deliver(t.Context(), "points-node", payment("e1", "2800"))
		require.Equal(t, host.Retry, o.Result)
		require.Contains(t, o.Message, "PERMISSION_DENIED")
		require.Equal(t, []string{"orders.read"}, h.List()[0].Withheld)
	})
	t.Run("SchemaIsChecked", func(t *testing.T) {
		t.Parallel()
		_, err := start(t, plugins, &orders{}, func(p *config.Plugin) { p.Config["minimum"] = 1 })
		require.ErrorContains(t, err, "the plugin's schema does not know minimum")
	})
	t.Run("StartedByHand", func(t *testing.T) {
		t.Parallel()
		out, err := exec.CommandContext(t.Context(), "node", filepath.Join(plugins, "points-node", "0.1.0", "plugin.js")).CombinedOutput()
		require.Error(t, err)
		require.Contains(t, string(out), "wechatctl plugin dev")
	})
	t.Run("EndsWithItsHost", func(t *testing.T) {
		t.Parallel()
		command := exec.CommandContext(t.Context(), "node", filepath.Join(plugins, "points-node", "0.1.0", "plugin.js"))
		command.Env = append(os.Environ(), "WECHAT_PLUGIN=8f1d0c64-wgink-wechat-plugin", "PLUGIN_CLIENT_CERT=", "PLUGIN_UNIX_SOCKET_DIR="+t.TempDir())
		line, err := command.StdinPipe()
		require.NoError(t, err)
		out, err := command.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, command.Start())
		handshake, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		require.Regexp(t, `^1\|1\|unix\|\S+/plugin\|grpc\|[A-Za-z0-9+/]+\n$`, handshake)
		require.NoError(t, command.Process.Signal(syscall.SIGHUP)) // as a service manager does while the host drains
		require.NoError(t, command.Process.Signal(syscall.SIGTERM))
		require.NoError(t, line.Close())
		require.NoError(t, command.Wait(), "the end of the life line is the one thing that ends it, and it is no failure")
	})
}

package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/plugins/sdk"
)

// operated is a host with a configuration file of its own.
type operated struct {
	file string // the configuration
	run  string // the run folder
}

// newOperated writes a configuration; more is put below open-platform.wechat. The merchant's keys cannot be read.
func newOperated(t *testing.T, run, plugins string) operated {
	t.Helper()
	o := operated{file: filepath.Join(t.TempDir(), "wechat.yml"), run: run}
	o.write(t, plugins)
	return o
}

func (o operated) write(t *testing.T, plugins string) {
	t.Helper()
	require.NoError(t, os.WriteFile(o.file, fmt.Appendf(nil, `open-platform:
  wechat:
    database: {url: %q}
    plugins:
      run-dir: %q
%s`, "sqlite:"+filepath.Join(filepath.Dir(o.file), "wechat.db"), o.run, plugins), 0o600))
}

// runFolder is a folder for sockets, whose paths are limited.
func runFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ctl") //nolint:usetesting // short
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// open starts a host in this process, with a handler that rejects every payment.
func (o operated) open(t *testing.T) *wechat.Module {
	t.Helper()
	cfg, err := config.Load(o.file)
	require.NoError(t, err)
	m, err := wechat.New(cfg, wechat.WithConfigFile(o.file), wechat.WithLogger(slog.New(slog.DiscardHandler)),
		wechat.OnPaymentNotice(func(context.Context, *sdk.PaymentNotice) error { return sdk.Reject("out of paper") }))
	require.NoError(t, err)
	require.NoError(t, m.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, m.Stop(context.Background())) })
	return m
}

func TestHostsAreFoundByTheirConfiguration(t *testing.T) {
	t.Parallel()
	run := runFolder(t)
	one, two := newOperated(t, run, ""), newOperated(t, run, "")
	status, out, problems := call(t, "", noEnvironment, "plugin", "list", "-config", one.file)
	require.Equal(t, 3, status)
	require.Empty(t, out)
	require.Contains(t, problems, "no running host was loaded from "+one.file)

	m := one.open(t)
	two.open(t)
	status, out, problems = call(t, "", noEnvironment, "plugin", "list", "-config", one.file)
	require.Zero(t, status, problems)
	require.Contains(t, out, one.file)
	require.NotContains(t, out, two.file)
	require.Regexp(t, `on-payment-notice +- +in-process `, out)

	// Another name of the same file is the same file; that its secrets cannot be read does not matter.
	link := filepath.Join(t.TempDir(), "link.yml")
	require.NoError(t, os.Symlink(one.file, link))
	one.write(t, "    pay: {active: true, api-v3-secretkey: 'file:/no/such/file'}\n")
	status, out, problems = call(t, "", noEnvironment, "plugin", "list", "-config", link)
	require.Zero(t, status, problems)
	require.Contains(t, out, one.file)
	one.write(t, "")

	// A configuration that both could have been loaded from.
	other := filepath.Join(t.TempDir(), "other.yml")
	text, err := os.ReadFile(one.file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(other, text, 0o600))
	status, _, _ = call(t, "", noEnvironment, "plugin", "list", "-config", other)
	require.Equal(t, 3, status)

	dirs, err := host.PrivateDirs(config.Plugins{RunDir: run})
	require.NoError(t, err)
	require.Len(t, dirs, 2)
	for _, dir := range dirs {
		status, _, problems = call(t, "", noEnvironment, "plugin", "list", "-socket", filepath.Join(dir, "control", "control.sock"))
		require.Zero(t, status, problems)
	}
	require.NoError(t, m.Stop(t.Context()))
	status, _, _ = call(t, "", noEnvironment, "plugin", "list", "-config", one.file)
	require.Equal(t, 3, status)
	status, _, _ = call(t, "", noEnvironment, "plugin", "list", "-config", two.file)
	require.Zero(t, status)
}

func TestHostsThatCannotBeReached(t *testing.T) {
	t.Parallel()
	dir := runFolder(t)
	write := func(text string) string {
		file := filepath.Join(t.TempDir(), "wechat.yml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	for _, c := range []struct {
		flags  []string
		status int
		want   string
	}{
		{[]string{"-socket", filepath.Join(dir, "none.sock")}, 3, "no host runs there"},
		{[]string{"-config", filepath.Join(dir, "none.yml")}, 1, "none.yml"},
		{[]string{"-config", write("open-platform: {wechat: {console: {socket: off}}}")}, 3, "says console.socket: off"},
		{[]string{"-config", write("open-platform: {wechat: {console: {socket: rel.sock}}}")}, 1, "console.socket"},
		{[]string{"-config", write("open-platform: [")}, 1, "wechat.yml"},
		{[]string{"-config", write("open-platform: {wechat: {plugins: {run-dir: " + dir + "/none}}}")}, 3, "no running host"},
		{[]string{"-config", "x", "-socket", "y"}, 2, "not both"},
	} {
		for _, verb := range [][]string{
			{"plugin", "list"}, {"plugin", "reload"}, {"plugin", "dead", "list"}, {"plugin", "dead", "show", "e"},
			{"plugin", "dead", "requeue", "e", "p"}, {"plugin", "replay", "-event", "e", "-plugin", "p"},
		} {
			status, out, problems := call(t, "", noEnvironment, append(verb, c.flags...)...)
			require.Equal(t, c.status, status, "%v %v: %s", verb, c.flags, problems)
			require.Empty(t, out)
			require.Contains(t, problems, c.want)
		}
	}
	if runtime.GOOS != "windows" && os.Getuid() != 0 {
		require.NoError(t, os.Chmod(dir, 0))
		defer func() { require.NoError(t, os.Chmod(dir, 0o700)) }()
		status, _, problems := call(t, "", noEnvironment, "plugin", "list", "-socket", filepath.Join(dir, "c.sock"))
		require.Equal(t, 3, status)
		require.Contains(t, problems, "may not open it")
	}
}

// A host that hangs is told apart from one that is not there, and not waited for.
func TestHostsThatHang(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(runFolder(t), "c.sock")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket) // nobody accepts
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	began := time.Now()
	status, _, problems := call(t, "", noEnvironment, "plugin", "list", "-socket", socket)
	require.Equal(t, 3, status)
	require.Contains(t, problems, "deadline")
	require.GreaterOrEqual(t, time.Since(began), hostWithin)
}

const helperVariable = "WECHATCTL_TEST_HOST"

// TestHelperHost is the host that the test below runs as a process of its own.
func TestHelperHost(t *testing.T) {
	file := os.Getenv(helperVariable)
	if file == "" {
		t.Skip("only as a helper")
	}
	operated{file: file}.open(t)
	fmt.Println("started")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// helper starts it, and returns how to kill it.
func (o operated) helper(t *testing.T) (kill func()) {
	t.Helper()
	cmd, out := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHelperHost$"), newOutput()
	cmd.Env = append(os.Environ(), helperVariable+"="+o.file)
	cmd.Stdout, cmd.Stderr = out, out
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = in.Close()
		<-ended
	})
	out.await(t, "started", ended)
	return func() {
		_ = cmd.Process.Kill()
		<-ended
	}
}

// The built program reaches a host that was killed and started again: what the first one left does not stand in the way.
func TestBuiltProgramAndAKilledHost(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("folders of killed hosts stay there")
	}
	program, o := buildProgram(t), newOperated(t, runFolder(t), "")
	use := func(args ...string) (status int, out string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), program, append(args, "-config", o.file)...)
		text, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(text)
	}
	for range 2 {
		kill := o.helper(t)
		status, out := use("plugin", "list")
		require.Zero(t, status, out)
		status, out = use("plugin", "reload")
		require.Zero(t, status, out)
		kill()
		left, err := filepath.Glob(filepath.Join(o.run, "h*", "control", "control.sock"))
		require.NoError(t, err)
		require.Len(t, left, 1, "the socket is stale, and that of the time before was swept")
		status, out = use("plugin", "list")
		require.Equal(t, 3, status, out)
		require.True(t, strings.HasPrefix(out, "wechatctl: no running host"), out)
	}
}

//go:build linux

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/canary"
	"wgink.ink/wechat/internal/failpoint"
	"wgink.ink/wechat/wechattest"
)

// limit bounds every wait for something that must happen; it is only reached when it does not.
const limit = 2 * time.Minute

// bed is a local WeChat, a host that can be killed, its plugin, and the plugin's ledger.
type bed struct {
	t       *testing.T
	sim     *wechattest.Simulator
	apiURL  string // of the local WeChat
	dir     string
	addr    string // of the host
	hostURL string // the database as the host reaches it
	inbox   *inbox
	books   *books
	plugin  ledgerConfig
	lose    int
	quiet   bool             // the host logs warnings only
	skew    time.Duration    // of the host's clock
	lease   string           // of deliveries; empty: the default
	workers int              // events that the plugin takes at once
	runDir  string           // below dir, for the host's sockets
	hosts   int              // on the database; 0 is one
	program string           // the host's; the plugin's, too
	durable bool             // the database keeps its promises; else fsync may be off, since no power fails here
	refunds map[string]int64 // what WeChat told us was paid back, by order
	flood   *flood           // nil unless the test sends by itself
	host    *hostProcess
	runs    []*hostProcess // all hosts so far
	secrets []string       // learned while running; no process may print them
}

// newBed prepares a bed without starting its host. databaseURL is the database as the test reaches it.
func newBed(t *testing.T, databaseURL string, opts ...wechattest.Option) *bed {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return newBedOf(t, self, databaseURL, opts...)
}

// newBedOf is newBed with another build of this package's tests as host and plugin.
func newBedOf(t *testing.T, program, databaseURL string, opts ...wechattest.Option) *bed {
	t.Helper()
	// Short, because the paths of sockets are limited.
	dir, err := os.MkdirTemp("", "we") //nolint:usetesting // the name of the test is in the other one
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	b := &bed{
		t: t, dir: dir, program: program, lease: "1s", workers: 4, runDir: "run", addr: reservePort(t), hostURL: databaseURL, refunds: map[string]int64{},
		sim: wechattest.New(t, append([]wechattest.Option{wechattest.WithRetrySpeed(60)}, opts...)...),
	}
	b.apiURL, err = b.sim.Listen("127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, b.sim.WriteMerchantFiles(dir))
	for _, sub := range []string{"tmp", "run", "failpoints"} {
		require.NoError(t, os.Mkdir(b.path(sub), 0o700))
	}
	b.installPlugin()
	b.plugin.File, b.plugin.Failpoints = b.path("ledger.db"), b.path("failpoints")
	b.books = openBooks(t, b.plugin.File)
	b.inbox = openInbox(t, databaseURL)
	t.Cleanup(b.leaveNothing)
	return b
}

func (b *bed) path(name string) string { return filepath.Join(b.dir, name) }

// installPlugin lays the plugin out as operators would. Its executable is this test binary.
func (b *bed) installPlugin() {
	b.t.Helper()
	folder := filepath.Join(b.path("plugins"), ledgerID, ledgerVersion)
	require.NoError(b.t, os.MkdirAll(filepath.Join(folder, "bin"), 0o755))
	self := b.program
	executable := filepath.Join(folder, "bin", ledgerID)
	if os.Link(self, executable) != nil { // another file system
		program, err := os.ReadFile(self)
		require.NoError(b.t, err)
		require.NoError(b.t, os.WriteFile(executable, program, 0o755))
	}
	manifest := "id: " + ledgerID + "\nversion: " + ledgerVersion + "\nprotocol: 1\nhandles: [" + paymentKind + ", " + refundKind + ", " + userKind + "]\nsecrets: [" + ledgerSecret + "]\n" +
		"executables: {" + runtime.GOOS + "-" + runtime.GOARCH + ": bin/" + ledgerID + "}\nlimits: {timeout: 15s, concurrency: 8}\n"
	require.NoError(b.t, os.WriteFile(filepath.Join(folder, "plugin.yaml"), []byte(manifest), 0o644))
}

// configuration writes the module's file; JSON is YAML.
func (b *bed) configuration() string {
	b.t.Helper()
	merchant, app := b.sim.Merchant(), b.sim.App()
	delivery := map[string]any{"poll": "50ms"}
	if b.lease != "" {
		delivery["lease"] = b.lease
	}
	text, err := json.Marshal(map[string]any{"open-platform": map[string]any{"wechat": map[string]any{
		"public-url": "http://" + b.addr,
		"pay": map[string]any{
			"active": true, "mchid": merchant.MchID, "base-url": b.apiURL, "certificate-path": b.dir,
			"certificate-name": wechattest.MerchantCertFile, "key-file-path": b.path(wechattest.MerchantKeyFile),
			"api-v3-secretkey": merchant.APIv3Key,
		},
		"mini-app": map[string]any{
			"active": true, "app-key": app.AppID, "app-secret": app.AppSecret, "base-url": b.apiURL,
		},
		"database": map[string]any{"url": b.hostURL, "unsafe": !b.durable},
		"delivery": delivery,
		"plugins": map[string]any{
			"dir": b.path("plugins"), "run-dir": b.path(b.runDir), "mode": "dev", // whatever the umask
			"enabled": map[string]any{ledgerID: map[string]any{
				"version": ledgerVersion, "config": b.plugin, "limits": map[string]any{"concurrency": b.workers}, "secrets": map[string]string{ledgerSecret: canary.Secret("ledger-token")},
			}},
		},
	}}})
	require.NoError(b.t, err)
	file := b.path("wechat-" + b.runDir + ".yml")
	require.NoError(b.t, os.WriteFile(file, text, 0o600))
	return file
}

// start starts a host, the first or the next, and waits until it is healthy.
func (b *bed) start() {
	b.t.Helper()
	b.launch()
	require.True(b.t, b.host.serves(), "the host does not serve:\n%s", b.host.output)
	b.eventually(func() bool {
		resp, err := http.Get("http://" + b.addr + "/wechat/health")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, "the host is not healthy")
}

// launch starts a host and does not wait.
func (b *bed) launch() {
	b.t.Helper()
	b.host = startProcess(b.t, b.program, hostSettings{Addr: b.addr, Config: b.configuration(), Lose: b.lose, Skew: b.skew, Quiet: b.quiet},
		"TMPDIR="+b.path("tmp"), failpoint.Env+"="+b.path("failpoints"))
	b.runs = append(b.runs, b.host)
}

// pay places an order at the host and pays it on the phone; the notice is on its way then.
func (b *bed) pay(number string, fen int64) {
	b.t.Helper()
	require.NoError(b.t, b.place(number, fen, true))
}

// place places an order at the host, and pays it on the phone.
func (b *bed) place(number string, fen int64, pay bool) error {
	phone := b.sim.Phone("lan")
	status, answer, err := b.ask("/orders", orderRequest{Number: number, Fen: fen, OpenID: phone.OpenID()})
	if err != nil || status != http.StatusOK {
		return fmt.Errorf("place %s: %d %s %w", number, status, answer, err)
	}
	var launch wechattest.Launch
	if err := json.Unmarshal(answer, &launch); err != nil || !pay {
		return err
	}
	return phone.Pay(b.t.Context(), launch)
}

func (b *bed) post(path string, body any) (int, []byte) {
	b.t.Helper()
	status, answer, err := b.ask(path, body)
	require.NoError(b.t, err)
	return status, answer
}

// ask is post for goroutines, which may not end the test.
func (b *bed) ask(path string, body any) (status int, answer []byte, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, "http://"+b.addr+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Timeout: limit, Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// eventually waits for a condition that no signal announces.
func (b *bed) eventually(reached func() bool, what string) {
	b.t.Helper()
	require.Eventually(b.t, reached, limit, 5*time.Millisecond, what)
}

// awaitAcknowledged waits until the notice about an order was answered with 2xx.
func (b *bed) awaitAcknowledged(number string) {
	b.t.Helper()
	b.eventually(func() bool { return acknowledged(b.sim.Attempts(number)) }, "the notice is not acknowledged")
}

// awaitHandover waits until the plugin was given so many events, and returns the plugin's process.
func (b *bed) awaitHandover(count int) (pid int) {
	b.t.Helper()
	b.eventually(func() bool { return b.books.handovers() >= count }, "the plugin gets nothing")
	// A host that has just started may not have its plugin's process yet.
	var pids []int
	b.eventually(func() bool { pids = pluginProcesses(b.dir); return len(pids) == 1 }, "the plugin does not run, or more than once")
	return pids[0]
}

// killPlugin ends the plugin's process with SIGKILL.
func (b *bed) killPlugin(pid int) {
	b.t.Helper()
	require.NoError(b.t, syscall.Kill(pid, syscall.SIGKILL))
}

// turn creates the file that is a switch of the plugin.
func (b *bed) turn(name string) {
	b.t.Helper()
	require.NoError(b.t, os.WriteFile(name, nil, 0o600))
}

// leaveNothing stops the host in order and looks for what it and its predecessors left, and for secrets they printed.
func (b *bed) leaveNothing() {
	if b.host != nil && b.host.running() {
		b.host.stop()
	}
	for _, run := range b.runs {
		text := run.output.String()
		require.Empty(b.t, canary.FindSecrets([]byte(text), b.secrets...))
		require.NotContains(b.t, text, "DATA RACE")
		if b.t.Failed() {
			b.t.Logf("host %d:\n%s", run.cmd.Process.Pid, text)
		}
	}
	require.Empty(b.t, pluginProcesses(b.dir), "plugin processes are left")
	require.Empty(b.t, filesBelow(b.path(b.runDir)), "sockets or folders are left")
	require.Empty(b.t, filesBelow(b.path("tmp")), "temporary files are left")
}

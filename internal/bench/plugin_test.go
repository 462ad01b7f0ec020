package bench

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/plugins/sdk"
)

const (
	pluginID      = "noop"
	pluginVersion = "1.0.0"
)

// noop is the plugin: it tells the benchmark which order's event it has, and is done.
type noop struct {
	Report string `json:"report"` // an address that takes datagrams

	conn net.Conn
}

// Start connects to where it reports.
func (n *noop) Start(context.Context, sdk.Env) (err error) {
	n.conn, err = net.Dial("udp", n.Report)
	return err
}

// OnPayment reports. A report that is lost costs a figure, no event.
func (n *noop) OnPayment(_ context.Context, p *sdk.PaymentNotice) error {
	_, _ = n.conn.Write([]byte(p.OutTradeNo))
	return nil
}

// installPlugin lays the plugin out as operators would, and gives the folder. Its executable is this test binary.
func installPlugin(t *testing.T) string {
	t.Helper()
	plugins := filepath.Join(t.TempDir(), "plugins")
	folder := filepath.Join(plugins, pluginID, pluginVersion)
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "bin"), 0o755))
	self, err := os.Executable()
	require.NoError(t, err)
	program, err := os.ReadFile(self)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bin", pluginID), program, 0o755))
	manifest := "id: " + pluginID + "\nversion: " + pluginVersion + "\nprotocol: 1\nhandles: [payment.succeeded]\n" +
		"executables: {" + runtime.GOOS + "-" + runtime.GOARCH + ": bin/" + pluginID + "}\nlimits: {timeout: 15s, concurrency: 64}\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin.yaml"), []byte(manifest), 0o644))
	return plugins
}

var (
	_ sdk.Starter        = (*noop)(nil)
	_ sdk.PaymentHandler = (*noop)(nil)
)

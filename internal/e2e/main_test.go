//go:build linux

package e2e

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/plugins/sdk"
)

// hostEnv holds the settings of a host and turns the test binary into one.
const hostEnv = "WECHAT_E2E_HOST"

// TestMain decides which part this process plays. A plugin is known by its file's name, since its environment is not
// ours to choose.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == ledgerID {
		sdk.Serve(&ledger{})
	}
	if settings := os.Getenv(hostEnv); settings != "" {
		os.Exit(serveHost(settings))
	}
	// Most of the time is spent waiting for processes. A -parallel on the command line still decides.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	dbtest.Main(m)
}

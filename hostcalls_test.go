package wechat_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/wechattest"
)

// greeter builds the plugin of that name, which looks the payer up and rejects with what it found.
func greeter(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	folder := filepath.Join(dir, "greeter", "1.2.3")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "bin"), 0o750))
	source := filepath.Join("plugins", "plugintest", "internal", "greeter")
	for _, name := range []string{"plugin.yaml", "config.schema.json"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), text, 0o600))
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(folder, "bin", "greeter"), "./"+source).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

// A plugin's process asks for a user, and the answer comes from the module's own database.
func TestPluginProcessesAskTheModule(t *testing.T) {
	t.Parallel()
	b := newBed(t, dbtest.SQLite(t))
	cfg := b.config(b.url)
	cfg.Plugins = config.Plugins{Dir: greeter(t), Mode: config.PluginsDev, Enabled: map[string]config.Plugin{"greeter": {
		Version: "1.2.3", Grant: []string{"users.read"}, Config: map[string]any{"greeting": "hello"},
		Secrets: map[string]config.Secret{"TOKEN": "s3cret-token"},
	}}}
	require.NoError(t, b.module.ApplyPlugins(t.Context(), cfg))
	require.NoError(t, b.module.WaitReady(t.Context()))
	alice := b.sim.Phone("alice")
	token, _ := b.logIn(alice)
	status, answer := b.call(http.MethodPost, prefix+"/wechat/app/miniapp/user/update-info", token, map[string]string{"nickName": "小兰"})
	require.Equal(t, http.StatusOK, status, "%v", answer)
	require.NoError(t, alice.Pay(t.Context(), wechattest.Launch(b.place(alice, "ORDER-0001", 990).Launch)))
	require.NoError(t, b.sim.Settle(t.Context()))
	require.Eventually(t, func() bool {
		dead, err := b.module.DeadLetters(t.Context(), wechat.DeadLetterFilter{})
		return err == nil && len(dead) == 1 && dead[0].Reason == "hello 小兰 ORDER-0001 ***"
	}, 20*time.Second, 20*time.Millisecond)

	// Another configuration is tried in the shadow on what the queue remembers, and no delivery notices.
	enabled := cfg.Plugins.Enabled["greeter"]
	enabled.Canary = config.Canary{Version: "1.2.3", Config: map[string]any{"greeting": "good day"}, Shadow: 10}
	cfg.Plugins.Enabled = map[string]config.Plugin{"greeter": enabled}
	require.NoError(t, b.module.ApplyPlugins(t.Context(), cfg))
	var canary *host.Canary
	require.Eventually(t, func() bool {
		canary = b.module.Plugins()[0].Canary
		return canary.State == host.CanaryUnproven // of a dead letter nothing can be worse
	}, 20*time.Second, 20*time.Millisecond)
	require.Equal(t, 1, canary.Shadow.Events)
	require.Equal(t, map[string]int{"reject": 1}, canary.Shadow.Outcomes)
	dead, err := b.module.DeadLetters(t.Context(), wechat.DeadLetterFilter{})
	require.NoError(t, err)
	require.Len(t, dead, 1)
	require.Equal(t, "hello 小兰 ORDER-0001 ***", dead[0].Reason)
}

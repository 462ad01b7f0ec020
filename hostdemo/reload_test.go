package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
)

func TestReloadReplacesPluginsAtRunTime(t *testing.T) {
	t.Parallel()
	d := openDemo(t, testOptions(t, ""))
	before := d.module.Plugins()
	require.Len(t, before, 2)
	text, err := os.ReadFile(d.configFile)
	require.NoError(t, err)
	rewrite := func(old, fresh string) {
		require.Contains(t, string(text), old)
		require.NoError(t, os.WriteFile(d.configFile, []byte(strings.Replace(string(text), old, fresh, 1)), 0o600))
	}

	rewrite("        members:", "          limits: {concurrency: 1}\n        members:")
	require.NoError(t, d.reload(t.Context()))
	after := d.module.Plugins()
	require.Equal(t, 1, after[0].Concurrency)
	require.NotEqual(t, before[0].PID, after[0].PID)
	require.Equal(t, before[1].PID, after[1].PID)

	rewrite("version: 1.0.0", "version: 9.9.9")
	require.ErrorContains(t, d.reload(t.Context()), "ledger/9.9.9/plugin.yaml")
	rewrite("version: 1.0.0", "version: latest")
	require.ErrorContains(t, d.reload(t.Context()), "plugins.enabled.ledger.version")
	require.Equal(t, pids(after), pids(d.module.Plugins()))

	require.NoError(t, os.WriteFile(d.configFile, text, 0o600))
	require.NoError(t, d.module.ReloadPlugin(t.Context(), "members"))
	require.NotEqual(t, after[1].PID, d.module.Plugins()[1].PID)
}

func pids(all []wechat.PluginInfo) []int {
	var out []int
	for _, i := range all {
		out = append(out, i.PID)
	}
	return out
}

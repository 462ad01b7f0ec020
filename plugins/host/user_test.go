//go:build linux

package host

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

func TestPluginRunsAsAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		_, err := lookUpOwner("nobody")
		require.ErrorContains(t, err, "only a host that runs as root")
		t.Skip("only root can start processes of others")
	}
	s := newScene(t, "plugin")
	require.NoError(t, os.Chmod(s.base, 0o711))
	s.set("fulfil", func(p *config.Plugin) { p.Limits.User = "nobody" })
	nobody, err := lookUpOwner("nobody")
	require.NoError(t, err)
	h := s.ready(t)
	require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.List()[0].PID))
	require.NoError(t, err)
	require.Contains(t, string(status), fmt.Sprintf("Uid:\t%d\t%d\t%d\t%d\n", nobody.uid, nobody.uid, nobody.uid, nobody.uid))
	require.Contains(t, string(status), fmt.Sprintf("Gid:\t%d\t%d\t%d\t%d\n", nobody.gid, nobody.gid, nobody.gid, nobody.gid))
	for line := range strings.Lines(string(status)) {
		if groups, ok := strings.CutPrefix(line, "Groups:"); ok {
			require.Empty(t, strings.TrimSpace(groups))
		}
	}

	// It is started again, replaced, and ended like any other; and back to the host's user by configuration.
	require.NoError(t, syscall.Kill(h.List()[0].PID, syscall.SIGKILL))
	await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2 })
	require.NoError(t, h.Reload(t.Context(), "fulfil"))
	s.set("fulfil", func(p *config.Plugin) { p.Limits.User = "" })
	require.NoError(t, h.Apply(t.Context(), s.cfg))
	require.Equal(t, Done, do(t, h, "e2", "nothing").Result)

	s.set("fulfil", func(p *config.Plugin) { p.Limits.User = "no-such-user" })
	require.ErrorContains(t, h.Apply(t.Context(), s.cfg), `plugins.enabled.fulfil.limits.user: there is no user "no-such-user"`)
	s.set("fulfil", func(p *config.Plugin) { p.Limits.User = "root" })
	require.ErrorContains(t, h.Apply(t.Context(), s.cfg), "is root, which a plugin need not be")
}

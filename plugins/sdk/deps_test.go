package sdk_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A plugin binary links what this package imports: the contract, gRPC and go-plugin, and nothing of the host.
func TestLinksNeitherFiberNorADatabase(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "wgink.ink/wechat/plugins/sdk").Output()
	require.NoError(t, err)
	for dep := range strings.Lines(string(out)) {
		dep = strings.TrimSpace(dep)
		for _, banned := range []string{
			"github.com/gofiber", "github.com/valyala", "github.com/uptrace", "modernc.org", "database/sql",
			"github.com/wechatpay-apiv3", "github.com/stretchr",
		} {
			require.False(t, strings.HasPrefix(dep, banned), "sdk links %s", dep)
		}
		if own, ok := strings.CutPrefix(dep, "wgink.ink/wechat/"); ok {
			require.Contains(t, []string{"plugins/sdk", "plugins/internal/wire", "plugins/pluginv1"}, own)
		}
	}
}

package inbox_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A plugin chooses its own driver: nothing outside the standard library is linked, not even the rest of the SDK.
func TestLinksNoDriver(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}",
		"wgink.ink/wechat/plugins/sdk/inbox").Output()
	require.NoError(t, err)
	require.Equal(t, []string{"wgink.ink/wechat/plugins/sdk/inbox"}, strings.Fields(string(out)))
}

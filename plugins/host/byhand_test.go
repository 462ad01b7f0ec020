package host

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPluginStartedByHandSaysWhatItIs(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), testBinary)
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Equal(t, 1, cmd.ProcessState.ExitCode())
	require.Contains(t, string(out), "This is a WeChat plugin (OnPayment, OnUserEvent, OnNotice; version 1.4.0; protocol 1)")
	require.Contains(t, string(out), "plugins.enabled.<id>")
	require.Contains(t, string(out), "wechatctl plugin dev .")
}

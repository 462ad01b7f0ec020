//go:build linux

package host

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A program that somebody still holds open for writing is started as soon as that is over.
func TestExecuteWaitsForABusyFile(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile(testBinary)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "exit")
	require.NoError(t, os.WriteFile(path, program, 0o755))
	writer, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	time.AfterFunc(3*busyWait, func() { _ = writer.Close() })
	cmd := &exec.Cmd{Path: path, Args: []string{path}}
	require.NoError(t, execute(cmd))
	_ = cmd.Wait()
	require.Equal(t, 7, cmd.ProcessState.ExitCode(), "the test plugin under that name exits so")
}

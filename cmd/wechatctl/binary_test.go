package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// The program as people run it: built, started, used by a second process, ended by Ctrl-C.
func TestBuiltProgram(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no process can send another one Ctrl-C there")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "wechatctl")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(built))

	serve := exec.CommandContext(t.Context(), program, "sim", "serve", "-listen", "127.0.0.1:0", "-notify-url", newShop(t, 204))
	out := newOutput()
	serve.Dir, serve.Stdout, serve.Stderr = dir, out, out
	require.NoError(t, serve.Start())
	ended := make(chan struct{})
	var waited error
	go func() {
		defer close(ended)
		waited = serve.Wait()
	}()
	t.Cleanup(func() {
		_ = serve.Process.Kill()
		<-ended
	})
	url := out.await(t, `answers at (http://\S+);`, ended)[1]

	use := exec.CommandContext(t.Context(), program, "sim", "trigger", "payment.succeeded")
	use.Env = append(os.Environ(), addressVariable+"="+url)
	used, err := use.CombinedOutput()
	require.NoError(t, err, string(used))
	require.Contains(t, string(used), "SUCCESS")
	require.FileExists(t, filepath.Join(dir, "wechatctl-sim", configFile))

	require.NoError(t, serve.Process.Signal(os.Interrupt))
	<-ended
	require.NoError(t, waited, "Ctrl-C is no failure")
}

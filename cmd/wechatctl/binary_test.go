package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// buildProgram builds the program as people do.
func buildProgram(t *testing.T) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "wechatctl")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, ".").CombinedOutput()
	require.NoError(t, err, string(built))
	return file
}

// started is a running sim serve.
type started struct {
	url     string
	process *os.Process
	ended   chan struct{}
	err     error // after ended
}

// startProgram runs the built program's sim serve until the test ends.
func startProgram(t *testing.T, file, dir string, args ...string) *started {
	t.Helper()
	serve, out := exec.CommandContext(t.Context(), file, args...), newOutput()
	serve.Dir, serve.Stdout, serve.Stderr = dir, out, out
	require.NoError(t, serve.Start())
	s := &started{process: serve.Process, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		s.err = serve.Wait()
	}()
	t.Cleanup(func() {
		_ = serve.Process.Kill()
		<-s.ended
	})
	s.url = out.await(t, `answers at (http://\S+);`, s.ended)[1]
	return s
}

// The program as people run it: built, started, used by a second process, ended by Ctrl-C.
func TestBuiltProgram(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no process can send another one Ctrl-C there")
	}
	program, dir := buildProgram(t), t.TempDir()
	serve := startProgram(t, program, dir, "sim", "serve", "-listen", "127.0.0.1:0", "-notify-url", newShop(t, 204))

	use := exec.CommandContext(t.Context(), program, "sim", "trigger", "payment.succeeded")
	use.Env = append(os.Environ(), addressVariable+"="+serve.url)
	used, err := use.CombinedOutput()
	require.NoError(t, err, string(used))
	require.Contains(t, string(used), "SUCCESS")
	require.FileExists(t, filepath.Join(dir, "wechatctl-sim", configFile))

	require.NoError(t, serve.process.Signal(os.Interrupt))
	<-serve.ended
	require.NoError(t, serve.err, "Ctrl-C is no failure")
}

package operate_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/operate"
)

func listenAt(t *testing.T, path string) (*operate.Server, error) {
	t.Helper()
	return operate.Start(t.Context(), path, "", &module{}, slog.New(slog.DiscardHandler))
}

func TestOnlyTheUserMayOpenTheSocket(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are no such modes")
	}
	dir := shortDir(t)
	path := filepath.Join(dir, "run", "c.sock")
	s, err := listenAt(t, path)
	require.NoError(t, err)
	file, err := os.Lstat(path)
	require.NoError(t, err)
	require.Equal(t, os.ModeSocket|0o600, file.Mode())
	folder, err := os.Lstat(filepath.Dir(path))
	require.NoError(t, err)
	require.Equal(t, os.ModeDir|0o700, folder.Mode())
	require.NoError(t, s.Stop(t.Context()))
	require.NoFileExists(t, path)
	require.NoError(t, s.Stop(t.Context()), "twice is safe")

	for _, mode := range []os.FileMode{0o755, 0o770, 0o701} {
		require.NoError(t, os.Chmod(filepath.Dir(path), mode))
		_, err = listenAt(t, path)
		require.ErrorContains(t, err, "chmod 700")
	}
}

func TestOtherFilesAreLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(shortDir(t), "c.sock")
	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	_, err := listenAt(t, path)
	require.ErrorContains(t, err, "is no socket")
	require.FileExists(t, path)
}

func TestStaleSocketsAreReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(shortDir(t), "c.sock")
	left, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	require.NoError(t, err)
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, left.Close())
	require.FileExists(t, path)
	_, err = operate.At(path).Host(t.Context())
	require.ErrorIs(t, err, operate.ErrNotRunning)

	s, err := listenAt(t, path)
	require.NoError(t, err)
	_, err = listenAt(t, path)
	require.ErrorContains(t, err, "another host that runs")
	_, err = operate.At(path).Host(t.Context())
	require.NoError(t, err, "the first one kept it")

	// Whoever takes the name away keeps what it put there.
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, s.Stop(context.Background()))
	require.FileExists(t, path)
}

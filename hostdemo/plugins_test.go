package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUpToDate(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	source := filepath.Join(root, "hostdemo", "plugins", "x")
	old, now := time.Now().Add(-time.Hour), time.Now()
	files := []string{
		filepath.Join(source, "main.go"), filepath.Join(root, "plugins", "sdk", "a.go"), filepath.Join(root, "plugins", "pluginv1", "a.go"),
		filepath.Join(root, "plugins", "internal", "wire", "a.go"), filepath.Join(root, "go.mod"), filepath.Join(root, "go.sum"),
	}
	binary := filepath.Join(root, "out", "x")
	write := func(file string, at time.Time) {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, nil, 0o600))
		require.NoError(t, os.Chtimes(file, at, at))
	}
	check := func(want bool, why string) {
		t.Helper()
		got, err := upToDate(binary, root, source)
		require.NoError(t, err)
		require.Equal(t, want, got, why)
	}
	for _, file := range files {
		write(file, old)
	}
	check(false, "missing")
	write(binary, old.Add(time.Minute))
	check(true, "newer than its sources")
	for _, file := range files {
		write(file, now)
		check(false, file)
		write(file, old)
	}
	check(true, "as before")
}

func TestBuildShowsTheCompilersWords(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module broken\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "main.go"), []byte("package main\nfunc main() { undefinedThing() }\n"), 0o600))

	err := goBuild(t.Context(), root, root, filepath.Join(root, "bin", "x"), "1.0.0")

	require.ErrorContains(t, err, "undefined: undefinedThing")
	left, err := os.ReadDir(filepath.Join(root, "bin"))
	require.NoError(t, err)
	require.Empty(t, left, "a failed build leaves nothing")
}

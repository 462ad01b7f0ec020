package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/plugins/host"
)

// layPlugin makes a plugin's folder, as far as a lock cares.
func layPlugin(t *testing.T, dir, id, version string) (folder string) {
	t.Helper()
	folder = filepath.Join(dir, id, version)
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "bin"), 0o755))
	manifest := "id: " + id + "\nversion: " + version + "\nprotocol: 1\nhandles: [payment.succeeded]\nexecutables: {" +
		runtime.GOOS + "-" + runtime.GOARCH + ": bin/x}\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, host.ManifestName), []byte(manifest), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bin", "x"), []byte("x"), 0o755))
	return folder
}

func TestLockOfAConfiguration(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	plugins, file := filepath.Join(root, "plugins"), filepath.Join(root, "wechat.yml")
	folder := layPlugin(t, plugins, "fulfil", "1.4.0")
	layPlugin(t, plugins, "points", "1.0.0")
	require.NoError(t, os.WriteFile(file, []byte("open-platform:\n  wechat:\n    pay: {active: true, key-file-path: /no/such}\n"+
		"    plugins:\n      dir: "+plugins+"\n      enabled:\n        fulfil: {version: 1.4.0, secrets: {TOKEN: '${NO_SUCH}'}}\n"), 0o600))
	lock := filepath.Join(root, "plugins.lock")

	status, _, problems := call(t, "", noEnvironment, "plugin", "lock", "-config", file, "-check")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "plugin fulfil 1.4.0: "+lock+" does not have h1:")
	require.NoFileExists(t, lock)

	status, out, problems := call(t, "", noEnvironment, "plugin", "lock", "-config", file)
	require.Zero(t, status, problems)
	require.Regexp(t, `fulfil 1\.4\.0 h1:\S+  new`, out)
	status, _, problems = call(t, "", noEnvironment, "plugin", "lock", "-config", file, "-check")
	require.Zero(t, status, problems)
	pinned, err := host.ReadLock(lock)
	require.NoError(t, err)
	require.Len(t, pinned, 1, "what is not enabled is not pinned")

	layPlugin(t, plugins, "fulfil", "1.5.0")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	canary := strings.Replace(string(text), "{version: 1.4.0", "{version: 1.4.0, canary: {version: 1.5.0, share: 10}", 1)
	require.NoError(t, os.WriteFile(file, []byte(canary), 0o600))
	status, out, _ = call(t, "", noEnvironment, "plugin", "lock", "-config", file)
	require.Zero(t, status)
	require.Regexp(t, `fulfil 1\.5\.0 h1:\S+  new`, out, "what is tried is pinned, too")

	require.NoError(t, os.WriteFile(filepath.Join(folder, "bin", "x"), []byte("y"), 0o755))
	status, out, _ = call(t, "", noEnvironment, "plugin", "lock", "-config", file, "-check")
	require.Equal(t, 1, status)
	require.Contains(t, out, "  changed")

	require.NoError(t, os.WriteFile(file, []byte("open-platform: {wechat: {plugins: {enabled: {fulfil: {version: v1}}}}}\n"), 0o600))
	status, _, problems = call(t, "", noEnvironment, "plugin", "lock", "-config", file)
	require.Equal(t, 1, status)
	require.Contains(t, problems, "plugins.dir")
	require.Contains(t, problems, "plugins.enabled.fulfil.version")
}

func TestLockOfFolders(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	lock := filepath.Join(root, "my.lock")
	one, two := layPlugin(t, root, "fulfil", "1.4.0"), layPlugin(t, root, "fulfil", "1.5.0")
	for _, folder := range []string{one, two} {
		status, _, problems := call(t, "", noEnvironment, "plugin", "lock", "-lock", lock, folder)
		require.Zero(t, status, problems)
	}
	pinned, err := host.ReadLock(lock)
	require.NoError(t, err)
	require.Len(t, pinned, 2)
	status, _, _ := call(t, "", noEnvironment, "plugin", "lock", "-lock", lock, "-prune", two)
	require.Zero(t, status)
	pinned, err = host.ReadLock(lock)
	require.NoError(t, err)
	require.Len(t, pinned, 1)

	require.NoError(t, os.Symlink("x", filepath.Join(one, "bin", "y")))
	require.NoError(t, os.WriteFile(filepath.Join(two, host.ManifestName), nil, 0o644))
	status, _, problems := call(t, "", noEnvironment, "plugin", "lock", "-lock", lock, one, two)
	require.Equal(t, 1, status)
	require.Contains(t, problems, "is a symbolic link")
	require.Contains(t, problems, "plugin.yaml: is empty")
}

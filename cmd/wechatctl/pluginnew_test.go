package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/plugins/host"
)

// begun is a new plugin in a folder of the test's own.
func begun(t *testing.T, name string, flags ...string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), name)
	status, out, problems := call(t, "", noEnvironment, append([]string{"plugin", "new", "-dir", dir, name}, flags...)...)
	require.Zero(t, status, problems)
	require.Contains(t, out, "go test ./...")
	return dir
}

// goIn runs the go command in a plugin's folder, without a network.
func goIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly", "GOWORK=off")
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func TestNewPluginPassesItsTestsOffline(t *testing.T) {
	t.Parallel()
	dir := begun(t, "points", "-module", "shop.example.com/plugins/points")
	goIn(t, dir, "vet", "./...")
	require.Contains(t, goIn(t, dir, "test", "./..."), "ok  \tshop.example.com/plugins/points")
	require.Contains(t, goIn(t, dir, "tool"), "wgink.ink/wechat/cmd/wechatctl")

	m, _, err := host.CheckFolder(dir)
	require.ErrorContains(t, err, "bin/points-", "only the executable is not there yet")
	require.NotContains(t, err.Error(), "\n")
	require.Equal(t, "points", m.ID)
	require.FileExists(t, filepath.Join(dir, ".gitignore"))
	format, err := exec.CommandContext(t.Context(), "gofmt", "-l", dir).CombinedOutput()
	require.NoError(t, err)
	require.Empty(t, strings.TrimSpace(string(format)))
}

// A plugin may have any id: one letter, or the name of a package of Go's own.
func TestNewPluginOfAnyName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"x", "sync", "cmd"} {
		goIn(t, begun(t, name), "vet", "./...")
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(full, "x"), nil, 0o600))
	status, _, problems := call(t, "", noEnvironment, "plugin", "new", "-dir", full, "points")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "is not empty")
	status, _, problems = call(t, "", noEnvironment, "plugin", "new", "-replace", full, "points")
	require.Equal(t, 1, status)
	require.Contains(t, problems, "holds no go.mod of wgink.ink/wechat")
	for _, name := range []string{"Points", "", "a b", "../x"} {
		status, _, problems = call(t, "", noEnvironment, "plugin", "new", name)
		require.Equal(t, 2, status)
		require.Contains(t, problems, "is no plugin id")
	}
}

func TestNewFromAPublishedVersion(t *testing.T) {
	t.Parallel()
	mod, sum, err := moduleSource{version: "v1.2.3"}.goMod("points")
	require.NoError(t, err)
	require.Empty(t, sum)
	require.Contains(t, string(mod), "require wgink.ink/wechat v1.2.3")
	require.Contains(t, string(mod), "tool wgink.ink/wechat/cmd/wechatctl")
	require.Regexp(t, `(?m)^go 1\.\d+`, string(mod))
	require.NotContains(t, string(mod), "replace")
	for version, want := range map[string]bool{
		"v1.2.3": true, "(devel)": false, "": false, "v0.0.0-20260101000000-0123456789ab": false, "v1.2.3+dirty": false,
	} {
		require.Equal(t, want, published(version), version)
	}
}

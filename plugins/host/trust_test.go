//go:build unix

package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

func TestTrust(t *testing.T) {
	t.Parallel()
	write := func(t *testing.T, s *scene, text string, mode os.FileMode) {
		t.Helper()
		require.NoError(t, os.WriteFile(s.cfg.Lock, []byte(text), 0o644))
		require.NoError(t, os.Chmod(s.cfg.Lock, mode))
	}
	sum := "h1:" + strings.Repeat("A", 43) + "="
	for name, tc := range map[string]struct {
		production bool
		change     func(t *testing.T, s *scene)
		want       []string // of the error; none: it is fine
		warning    string
	}{
		"Pinned":         {true, func(*testing.T, *scene) {}, nil, ""},
		"NotConfigured":  {true, func(_ *testing.T, s *scene) { s.cfg.Lock = "" }, []string{"plugins.lock: is required in production"}, ""},
		"NotConfigured2": {false, func(_ *testing.T, s *scene) { s.cfg.Lock = "" }, nil, "plugins run unpinned"},
		"Missing": {true, func(_ *testing.T, s *scene) { s.cfg.Lock += "x" }, []string{
			"plugins.lockx does not exist, and in production no plugin runs without it; run wechatctl plugin lock",
		}, ""},
		"Missing2": {false, func(_ *testing.T, s *scene) { s.cfg.Lock += "x" }, nil, "plugins run unpinned"},
		"NoLine": {false, func(t *testing.T, s *scene) { write(t, s, "other 1.4.0 "+sum+"\nfulfil 1.4.1 "+sum+"\n", 0o644) }, []string{
			"plugin fulfil: ", "plugins.lock has no line for version 1.4.0; if it may run, run wechatctl plugin lock",
		}, ""},
		"BadLines": {false, func(t *testing.T, s *scene) {
			write(t, s, "# fine\n\nfulfil 1.4.0 h1:x\nfulfil 1.4.0\nfulfil 1.4.0 "+sum+"\nfulfil 1.4.0 "+sum+" # why\nfulfil 1.4.0 "+sum+"\n", 0o644)
		}, []string{"line 3: want an id", "line 4: want an id", "line 6: want an id", "line 7: has fulfil 1.4.0 again"}, ""},
		"Writable": {false, func(t *testing.T, s *scene) { write(t, s, "", 0o664) }, []string{"plugins.lock may be written by others"}, ""},
		"BesideThePlugins": {false, func(_ *testing.T, s *scene) { s.cfg.Lock = filepath.Join(s.cfg.Dir, "plugins.lock") }, []string{
			"lies in plugins.dir",
		}, ""},
		"DevInProduction": {true, func(_ *testing.T, s *scene) { s.cfg.Mode = config.PluginsDev }, []string{"refused in production"}, ""},
		"Dev": {false, func(t *testing.T, s *scene) {
			s.cfg.Mode = config.PluginsDev
			write(t, s, "nonsense", 0o666)
			require.NoError(t, os.Chmod(s.folder("fulfil"), 0o777))
		}, nil, "plugins run unchecked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			s.lock(t)
			tc.change(t, s)
			plans, warning, err := readEnabled(s.cfg, tc.production)
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
			if tc.want == nil {
				require.NoError(t, err)
				require.Equal(t, tc.warning == "", plans[0].sum != "")
				require.True(t, strings.HasPrefix(warning, tc.warning), warning)
			}
		})
	}
}

// In production nothing may belong to the user the host runs as.
func TestOwner(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	user := os.Getuid()
	if user == 0 {
		user = 65534
		require.NoError(t, os.Chown(filepath.Join(s.folder("fulfil"), "bin"), user, -1))
	}
	_, err := readPlans(s.cfg, trust{production: true, user: user})
	require.ErrorContains(t, err, "fulfil/1.4.0/bin: belongs to this host's own user")
	plans, err := readPlans(s.cfg, trust{user: user})
	require.NoError(t, err)
	require.Contains(t, plans[0].warnings[0], "fulfil/1.4.0/bin: belongs to this host's own user")
	_, err = readPlans(s.cfg, trust{production: true, user: user + 1})
	require.NoError(t, err, "another user's files are those of a user for deployments")
	plans, err = readPlans(s.cfg, trust{dev: true, user: user})
	require.NoError(t, err)
	require.Empty(t, plans[0].warnings)
}

func TestLockFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), config.LockName)
	sum := "h1:" + strings.Repeat("A", 43) + "="
	lock := Lock{{"fulfil", "1.5.0"}: sum, {"fulfil", "1.4.0"}: sum, {"ab", "2.0.0"}: sum}
	require.NoError(t, lock.Write(file))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	_, lines, _ := strings.Cut(string(text), "\n")
	require.Equal(t, "ab 2.0.0 "+sum+"\nfulfil 1.4.0 "+sum+"\nfulfil 1.5.0 "+sum+"\n", lines)
	read, err := ReadLock(file)
	require.NoError(t, err)
	require.Equal(t, lock, read)
}

func TestRequired(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(t *testing.T, s *scene)
		fails  bool
	}{
		"Runs":     {func(*testing.T, *scene) {}, false},
		"Rejected": {func(t *testing.T, s *scene) { s.replace(t, evil) }, true},
		"MayHeal": {func(_ *testing.T, s *scene) {
			s.set("fulfil", func(p *config.Plugin) { p.Config["at_start"] = "fail" })
		}, false},
		"NotRequired": {func(t *testing.T, s *scene) {
			s.replace(t, evil)
			s.set("fulfil", func(p *config.Plugin) { p.Required = false })
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			s.set("fulfil", func(p *config.Plugin) { p.Required = true })
			s.lock(t)
			tc.change(t, s)
			h, err := newHost(s.cfg, Options{}, s.limits)
			require.NoError(t, err)
			err = h.Start(t.Context())
			if tc.fails {
				require.ErrorContains(t, err, "a required plugin cannot run: plugin fulfil is not ready: rejected: ")
				require.Equal(t, Stopped, h.List()[0].State)
			} else {
				require.NoError(t, err)
			}
			require.NoError(t, h.Stop(t.Context()))
			left, err := os.ReadDir(s.cfg.RunDir)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

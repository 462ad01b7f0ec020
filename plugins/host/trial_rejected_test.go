//go:build unix

package host

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

// Nothing that is wrong with a canary keeps the host or the plugin from starting. While the host runs, somebody asks for
// it, and is told.
func TestHostStartsWithoutABadCanary(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, s *scene)
		want  string
	}{
		"NoFolder": {func(t *testing.T, s *scene) {
			t.Helper()
			require.NoError(t, os.RemoveAll(filepath.Join(s.cfg.Dir, "fulfil", "1.5.0")))
		}, "no such file or directory"},
		"NoExecutable": {func(t *testing.T, s *scene) {
			t.Helper()
			require.NoError(t, os.RemoveAll(filepath.Join(s.cfg.Dir, "fulfil", "1.5.0", "bin")))
		}, "plugins.enabled.fulfil.canary, version 1.5.0"},
		"LacksASecret": {func(t *testing.T, s *scene) {
			t.Helper()
			file := filepath.Join(s.cfg.Dir, "fulfil", "1.5.0", ManifestName)
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file, append(text, "secrets: [KEY]\n"...), 0o644))
		}, "secrets.KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			s.tryOut(t, nil)
			kept := filepath.Join(s.base, "kept")
			require.NoError(t, os.CopyFS(kept, os.DirFS(filepath.Join(s.cfg.Dir, "fulfil", "1.5.0"))))
			tc.spoil(t, s)
			h := s.ready(t)
			i := h.List()[0]
			require.Equal(t, Ready, i.State)
			require.Equal(t, CanaryRejected, i.Canary.State)
			require.Equal(t, "1.5.0", i.Canary.Version)
			require.Contains(t, i.Canary.Reason, tc.want)
			record := s.log.await(t, "a canary cannot be tried")
			require.Equal(t, "ERROR", record["level"])
			require.Contains(t, record["error"], tc.want)
			require.Equal(t, Done, do(t, h, "e1", "count").Result)
			require.Equal(t, 4, h.Slots("fulfil"))

			require.ErrorContains(t, h.Reload(t.Context(), "fulfil"), tc.want)
			require.ErrorContains(t, h.Apply(t.Context(), s.cfg), tc.want)
			require.Equal(t, i.PID, h.List()[0].PID)

			folder := filepath.Join(s.cfg.Dir, "fulfil", "1.5.0")
			require.NoError(t, os.RemoveAll(folder))
			require.NoError(t, os.CopyFS(folder, os.DirFS(kept)))
			require.NoError(t, h.Apply(t.Context(), s.cfg))
			i = await(t, h, func(i Info) bool { return i.Canary.State == CanaryShare && i.Canary.Process.State == Ready })
			require.Equal(t, 1, i.Starts, "the plugin's own process is left alone")

			s.set("fulfil", func(p *config.Plugin) { p.Canary = config.Canary{} })
			require.NoError(t, h.Apply(t.Context(), s.cfg))
			require.Nil(t, h.List()[0].Canary)
		})
	}
}

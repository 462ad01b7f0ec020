//go:build unix

package npmtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// verdict records how a test would have ended.
type verdict struct {
	testing.TB
	skipped, failed string
}

func (v *verdict) Helper()                   {}
func (v *verdict) Logf(string, ...any)       {}
func (v *verdict) Skipf(f string, a ...any)  { v.skipped = fmt.Sprintf(f, a...); panic(v) }
func (v *verdict) Fatalf(f string, a ...any) { v.failed = fmt.Sprintf(f, a...); panic(v) }
func script(t *testing.T, folder, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700))
}

func TestWithoutPackages(t *testing.T) {
	for _, c := range []struct{ name, npm, why string }{
		{"NoNPM", "", "npm is missing"},
		{"NoNetwork", "echo 'npm error code ENOTFOUND' >&2; exit 1", "npm cannot install the packages (ENOTFOUND)"},
		{"OldNPM", "echo 'npm ERR! code EAI_AGAIN' >&2; exit 1", "npm cannot install the packages (EAI_AGAIN)"},
		{"SilentNPM", "exit 7", "npm cannot install the packages (exit status 7)"},
	} {
		for _, ci := range []string{"", "true"} {
			t.Run(c.name+"/CI="+ci, func(t *testing.T) {
				programs := t.TempDir()
				script(t, programs, "node", "")
				if c.npm != "" {
					script(t, programs, "npm", c.npm)
				}
				t.Setenv("PATH", programs)
				t.Setenv("CI", ci)
				v := &verdict{TB: t}
				require.Panics(t, func() { Install(v, t.TempDir(), "the scripts") })
				if ci == "true" {
					require.Equal(t, c.why+", and CI=true: the scripts must be run", v.failed)
					require.Empty(t, v.skipped)
					return
				}
				require.Equal(t, c.why+": the scripts were not run", v.skipped)
				require.Empty(t, v.failed)
			})
		}
	}
}

func TestInstallsInTheFolder(t *testing.T) {
	programs, folder := t.TempDir(), t.TempDir()
	script(t, programs, "node", "")
	script(t, programs, "npm", `echo "$1" >done`)
	t.Setenv("PATH", programs)
	t.Setenv("CI", "true")
	Install(t, folder, "the scripts")
	done, err := os.ReadFile(filepath.Join(folder, "done"))
	require.NoError(t, err)
	require.Equal(t, "ci\n", string(done))
}

package main

import (
	"errors"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
)

func TestRun(t *testing.T) {
	ask := func(script string) error {
		err := run([]string{"sh", "-c", script, "sh", "{}"})
		if errors.Is(err, dbtest.ErrNotInstalled) {
			t.Skip(err)
		}
		return err
	}
	require.NoError(t, ask(`case "$1" in postgres://*/t_with_*) ;; *) exit 1 ;; esac`))

	var exit *exec.ExitError
	require.ErrorAs(t, ask(`exit 7`), &exit)
	require.Equal(t, 7, exit.ExitCode())

	require.ErrorContains(t, run(nil), "usage")
}

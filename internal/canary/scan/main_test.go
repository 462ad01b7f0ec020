package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/canary"
)

func TestScan(t *testing.T) {
	t.Parallel()
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "output.log")
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		return name
	}
	clean := file("=== RUN   TestLogin\n--- PASS: TestLogin (0.01s)\n")
	leak := file("=== RUN   TestLogin\n    log.go:1: refused, secret=" + canary.Secret("app") + "\n--- PASS: TestLogin (0.01s)\n")
	for _, c := range []struct {
		name    string
		files   []string
		code    int
		mention string
	}{
		{"Clean", []string{clean}, 0, "scan: no secret in"},
		{"Leak", []string{leak}, 1, "line 2: a secret made by canary.Secret (plain)"},
		{"LeakInOneOfTwo", []string{clean, leak}, 1, "1 secrets in the open"},
		{"Empty", []string{file("")}, 2, "nothing to scan"},
		{"Missing", []string{filepath.Join(t.TempDir(), "none")}, 2, "scan:"},
		{"NoFile", nil, 2, "usage"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			require.Equal(t, c.code, run(c.files, &out, &out))
			require.Contains(t, out.String(), c.mention)
		})
	}
}

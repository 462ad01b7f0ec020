package main

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
)

// TestMain waits for the database servers, and removes the plugins that tests built once and share.
func TestMain(m *testing.M) {
	shared, err := os.MkdirTemp("", "hostdemo")
	if err != nil {
		panic(err)
	}
	builtPlugins = sync.OnceValues(func() (string, error) {
		return shared, buildPlugins(context.Background(), shared, func(string, ...any) {})
	})
	code := dbtest.Run(m)
	_ = os.RemoveAll(shared)
	os.Exit(code)
}

var builtPlugins func() (folder string, err error)

// testOptions are those of a demo of the test's own, on a free port.
func testOptions(t *testing.T, database string) options {
	t.Helper()
	plugins, err := builtPlugins()
	require.NoError(t, err)
	return options{
		data: filepath.Join(t.TempDir(), "data"), plugins: plugins, listen: "127.0.0.1:0", database: database,
		say: t.Logf, log: discard(),
	}
}

func openDemo(t *testing.T, o options) *demo {
	t.Helper()
	d, err := open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

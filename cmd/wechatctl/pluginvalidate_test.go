package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// change replaces a text in one of the plugin's files.
func change(t *testing.T, dir, name, old, fresh string) {
	t.Helper()
	file := filepath.Join(dir, name)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), old)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), old, fresh, 1)), 0o644))
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(t *testing.T, dir string)
		status int
		want   []string
	}{
		"Fine": {func(t *testing.T, dir string) {
			change(t, dir, "plugin.yaml", "permissions: []", "permissions: [orders.read, users.read]")
			change(t, dir, "plugin.yaml", "secrets: []", "secrets: [TOKEN]")
			change(t, dir, "dev.yml", "config:", "grant: [orders.read]\nconfig:")
		}, 0, []string{
			"manifest  points 0.1.0, handles payment.succeeded", "may       orders.read; not granted: users.read",
			"payment.succeeded    done",
		}},
		"ManifestAndSchema": {func(t *testing.T, dir string) {
			change(t, dir, "plugin.yaml", "protocol: 1", "protocol: 7\nowners: x")
		}, 1, []string{"field owners not found"}},
		"Links": {func(t *testing.T, dir string) {
			require.NoError(t, os.Symlink("x", filepath.Join(dir, "link")))
			change(t, dir, "config.schema.json", `"object"`, `"thing"`)
		}, 1, []string{"link: is a symbolic link", "is no JSON Schema"}},
		"Configuration": {func(t *testing.T, dir string) {
			change(t, dir, "dev.yml", "minimum_fen", "minimum")
		}, 1, []string{"the plugin's schema does not know minimum"}},
		"Grant": {func(t *testing.T, dir string) {
			change(t, dir, "dev.yml", "config:", "grant: [orders.read]\nconfig:")
		}, 1, []string{`"orders.read": the plugin's manifest does not ask for it`}},
		"Settings": {func(t *testing.T, dir string) { change(t, dir, "dev.yml", "config:", "confg:") }, 1, []string{"confg"}},
		"DoesNotCompile": {func(t *testing.T, dir string) {
			change(t, dir, "handler.go", "return nil", "return undefinedThing")
		}, 1, []string{"undefined: undefinedThing"}},
		"DoesNotStart": {func(t *testing.T, dir string) {
			change(t, dir, "handler.go", "\treturn nil", "\treturn context.Canceled")
		}, 1, []string{"configure: Start: context canceled"}},
		"LacksAMethod": {func(t *testing.T, dir string) {
			change(t, dir, "plugin.yaml", "[payment.succeeded]", "[payment.succeeded, user.*]")
		}, 1, []string{"handles user.*, but its handler has no OnUserEvent"}},
		"Panics": {func(t *testing.T, dir string) {
			change(t, dir, "handler.go", "if n.AmountFen", "panic(\"boom\")\n\tif n.AmountFen")
		}, 1, []string{"payment.succeeded    retry (panic)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := begun(t, "points")
			tc.change(t, dir)
			status, out, problems := call(t, "", noEnvironment, "plugin", "validate", dir)
			require.Equal(t, tc.status, status, "%s\n%s", out, problems)
			for _, want := range tc.want {
				require.Contains(t, out+problems, want)
			}
		})
	}
}

func TestDev(t *testing.T) {
	t.Parallel()
	dir := begun(t, "points")
	ctx, cancel := context.WithCancel(t.Context())
	out, ended := newOutput(), make(chan struct{})
	status := 0
	go func() {
		defer close(ended)
		status = run(ctx, terminal{strings.NewReader(""), out, out, noEnvironment}, []string{"plugin", "dev", dir})
	}()
	defer func() {
		cancel()
		<-ended
		require.Zero(t, status, "Ctrl-C is no failure")
	}()
	out.await(t, `level=INFO msg=paid`, ended)
	out.await(t, `payment\.succeeded +done`, ended)
	out.await(t, `waiting for a file to be saved`, ended)
	change(t, dir, "handler.go", "\"amount_fen\", n.AmountFen)\n\treturn nil", "\"amount_fen\", n.AmountFen)\n\treturn sdk.Reject(\"changed\")")
	out.await(t, `payment\.succeeded +reject .*changed`, ended)
	change(t, dir, "handler.go", `sdk.Reject("`, `sdk.Rejected("`)
	out.await(t, `undefined: sdk\.Rejected`, ended)
	change(t, dir, "handler.go", `sdk.Rejected("`, `sdk.Reject("`)
	out.await(t, `(?s)undefined.*payment\.succeeded +reject .*changed`, ended)
}

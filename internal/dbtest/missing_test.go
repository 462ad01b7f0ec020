package dbtest

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// verdict records how a test would have ended.
type verdict struct {
	testing.TB
	skipped, failed bool
}

func (v *verdict) Helper()               {}
func (v *verdict) Skipf(string, ...any)  { v.skipped = true; panic(v) }
func (v *verdict) Fatalf(string, ...any) { v.failed = true; panic(v) }

func TestMissingServer(t *testing.T) {
	broken := errors.New("initdb crashed")
	for _, c := range []struct {
		name, ci        string
		err             error
		skipped, failed bool
	}{
		{"NotInstalledAtHome", "", errNotInstalled, true, false},
		{"NotInstalledInCI", "true", errNotInstalled, false, true},
		{"BrokenAtHome", "", broken, false, true},
		{"BrokenInCI", "true", broken, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("CI", c.ci)
			v := &verdict{TB: t}
			require.Panics(t, func() { missing(v, c.err) })
			require.Equal(t, c.skipped, v.skipped)
			require.Equal(t, c.failed, v.failed)
		})
	}
}

func TestWrapperScriptIsNotTakenForPostgreSQL(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "initdb"), []byte("#!/bin/sh\necho wrapper\n"), 0o700))
	require.False(t, works(dir, "initdb"))
	require.False(t, works(dir, "postgres"))
}

func TestNewestVersionComesFirst(t *testing.T) {
	t.Parallel()
	require.Greater(t, version("/usr/lib/postgresql/15/bin"), version("/usr/lib/postgresql/9.6/bin"))
	require.Zero(t, version("/usr/lib/postgresql/bin"))
}

func TestExternalServerMustBeAServer(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "sqlite:file.db", "localhost:5432", "postgres:///db", "://"} {
		_, err := externalServer(text, kind{})
		require.ErrorContains(t, err, externalServerEnv, "%q", text)
	}
}

func TestDatabaseOnAnExternalServer(t *testing.T) {
	t.Parallel()
	Postgres(t) // starts the server that plays the external one, or skips
	servers.Lock()
	address := servers.byKind[kind{}].url.String()
	servers.Unlock()

	server, err := externalServer(address, kind{})
	require.NoError(t, err)
	name, err := createDatabase(server, t.Name())
	require.NoError(t, err)
	parsed, err := url.Parse(withDatabase(server, name))
	require.NoError(t, err)
	require.NoError(t, execute(parsed, `CREATE TABLE t (id int)`))
	require.NoError(t, dropDatabase(server, name))
}

func TestExternalServerForDurabilityIsChecked(t *testing.T) {
	t.Parallel()
	if os.Getenv(externalServerEnv) != "" {
		t.Skip("that server's settings are unknown")
	}
	Postgres(t)
	servers.Lock()
	address := servers.byKind[kind{}].url.String()
	servers.Unlock()
	_, err := externalServer(address, kind{durable: true})
	require.ErrorContains(t, err, "needs fsync on")
}

func TestDatabaseName(t *testing.T) {
	t.Parallel()
	name := databaseName("TestStore/claims 支付/" + string(make([]byte, 100)))
	require.LessOrEqual(t, len(name), 63)
	require.Regexp(t, `^t_teststore_claims_[a-z0-9_]+$`, name)
	again := databaseName("TestStore/claims 支付/")
	require.NotEqual(t, again, databaseName("TestStore/claims 支付/"))
}

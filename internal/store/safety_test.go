package store_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

func TestSQLiteFileBelongsToOneProcess(t *testing.T) {
	t.Parallel()
	url := dbtest.SQLite(t)
	unlock, err := store.LockSQLite(url)
	require.NoError(t, err)
	_, err = store.LockSQLite(url)
	require.ErrorContains(t, err, "in use by another host")
	require.NoError(t, unlock())
	unlock, err = store.LockSQLite(url)
	require.NoError(t, err)
	require.NoError(t, unlock())

	unlock, err = store.LockSQLite("postgres://localhost/x")
	require.NoError(t, err, "PostgreSQL is shared by several hosts")
	require.NoError(t, unlock())
}

func TestSQLiteConnectionsAreDurable(t *testing.T) {
	t.Parallel()
	db := open(t, dbtest.SQLite(t))
	require.NoError(t, db.CheckDurable(t.Context()))
	for range 3 { // each on a connection of its own
		pragmas, err := db.PragmasOfNewConnection(t.Context())
		require.NoError(t, err)
		require.Equal(t, map[string]string{"synchronous": "2", "busy_timeout": "5000", "journal_mode": "wal", "foreign_keys": "1"}, pragmas)
	}
}

func TestSQLiteOfTheHostIsCheckedToo(t *testing.T) {
	t.Parallel()
	pool, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "host.db")+"?_pragma=synchronous(NORMAL)")
	require.NoError(t, err)
	defer pool.Close()
	db, err := store.Wrap(bun.NewDB(pool, sqlitedialect.New()))
	require.NoError(t, err)
	require.ErrorContains(t, db.CheckDurable(t.Context()), "synchronous=1")
}

// The shared test server runs without fsync, a durable one with it.
func TestPostgresWithoutFsyncIsRefused(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, open(t, dbtest.Postgres(t)).CheckDurable(t.Context()), "database.unsafe")
	require.NoError(t, open(t, dbtest.Postgres(t, dbtest.Durable)).CheckDurable(t.Context()))
}

func TestDatabaseURLsAreNeverRepeated(t *testing.T) {
	t.Parallel()
	const secret = "canary-database-password"
	for _, url := range []string{
		"mysql://u:" + secret + "@h/d", "postgres://u:" + secret + "@h:port/d", "postgres://u:" + secret + "@h/d?sslmode=nonsense",
		"postgres://u:" + secret + "@h/d?sslmode=verify-ca&sslrootcert=/nowhere", "sqlite:", "",
	} {
		_, err := store.Open(url)
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), secret)
	}
}

func TestServersElsewhereMustProveWhoTheyAre(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://u@localhost/d":                  "sslmode=disable",
		"postgres://u@127.0.0.1:5433/d":             "sslmode=disable",
		"postgres://u@[::1]/d":                      "sslmode=disable",
		"postgres://u@db.example.com/d":             "sslmode=verify-full",
		"postgresql://u@10.0.0.7/d":                 "sslmode=verify-full",
		"postgres://u@db.example.com/d?sslmode=off": "sslmode=off",
	} {
		got, err := store.WithTLSDefault(url)
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(got, want), "%s → %s", url, got)
	}
}

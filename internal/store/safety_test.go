package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

func TestSQLiteFileBelongsToOneProcess(t *testing.T) {
	t.Parallel()
	url := dbtest.SQLite(t)
	one, other := open(t, url), open(t, url)
	unlock, err := one.LockFile(t.Context())
	require.NoError(t, err)
	_, err = other.LockFile(t.Context())
	require.ErrorContains(t, err, "in use by another host")
	require.NoError(t, unlock())
	unlock, err = other.LockFile(t.Context())
	require.NoError(t, err)
	require.NoError(t, unlock())
}

func TestPostgresIsSharedByHosts(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	for range 2 {
		unlock, err := open(t, url).LockFile(t.Context())
		require.NoError(t, err)
		defer func() { require.NoError(t, unlock()) }()
	}
}

// Whatever names a file has, it is one file.
func TestLinksToAnSQLiteFileShareItsLock(t *testing.T) {
	t.Parallel()
	for name, link := range map[string]func(folder string) (first, second string){
		"to the file": func(folder string) (first, second string) {
			require.NoError(t, os.Symlink(filepath.Join(folder, "real", "a.db"), filepath.Join(folder, "link.db")))
			return "real/a.db", "link.db"
		},
		"to the file, relative": func(folder string) (first, second string) {
			require.NoError(t, os.Symlink("real/a.db", filepath.Join(folder, "link.db")))
			return "real/a.db", "link.db"
		},
		"to a link": func(folder string) (first, second string) {
			require.NoError(t, os.Symlink("real/a.db", filepath.Join(folder, "link.db")))
			require.NoError(t, os.Symlink("link.db", filepath.Join(folder, "again.db")))
			return "real/a.db", "again.db"
		},
		"to the folder": func(folder string) (first, second string) {
			require.NoError(t, os.Symlink("real", filepath.Join(folder, "linked")))
			return "real/a.db", "linked/a.db"
		},
		"from before the file was there": func(folder string) (first, second string) {
			require.NoError(t, os.Symlink("real/a.db", filepath.Join(folder, "link.db")))
			return "link.db", "real/a.db"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			require.NoError(t, os.Mkdir(filepath.Join(folder, "real"), 0o700))
			first, second := link(folder)
			unlock, err := open(t, "sqlite:"+filepath.Join(folder, first)).LockFile(t.Context())
			require.NoError(t, err)
			_, err = open(t, "sqlite:"+filepath.Join(folder, second)).LockFile(t.Context())
			require.ErrorContains(t, err, "in use by another host")
			require.FileExists(t, filepath.Join(folder, "real", "a.db.lock"), "beside the file, not beside the link")
			require.NoError(t, unlock())
		})
	}
}

func TestLinkThatLeadsNowhereIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "loop.db")
	require.NoError(t, os.Symlink(file, file))
	_, err := store.Open("sqlite:" + file)
	require.ErrorContains(t, err, "too many links")
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
		"postgres://u:" + secret + "@h/d?sslmode=verify-ca&sslrootcert=/nowhere", "sqlite:", "sqlite::memory:", "",
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
		"postgres://u@db.example.com/d?sslmode=":    "sslmode=verify-full",
	} {
		got, err := store.WithTLSDefault(url)
		require.NoError(t, err)
		require.True(t, strings.HasSuffix(got, want), "%s → %s", url, got)
	}
}

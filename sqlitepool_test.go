package wechat_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
)

// durableSQLite opens a file as the module asks a host to.
const durableSQLite = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
	"&_txlock=immediate"

// sqlitePool is a host's own pool.
func sqlitePool(t *testing.T, dsn string, conns int) *bun.DB {
	t.Helper()
	pool, err := sql.Open("sqlite", dsn)
	require.NoError(t, err)
	pool.SetMaxOpenConns(conns)
	db := bun.NewDB(pool, sqlitedialect.New())
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// starts makes a module on a host's pool and starts it; it is stopped with the test.
func starts(t *testing.T, db *bun.DB, cfg config.Config) error {
	t.Helper()
	m, err := wechat.New(cfg, wechat.WithDB(db))
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, m.Stop(ctx))
		require.NoError(t, db.PingContext(ctx), "Stop leaves the host's pool open")
	})
	return m.Start(t.Context())
}

// An SQLite pool of the host that would break a promise is refused by name, and by what to do.
func TestSQLitePoolOfTheHost(t *testing.T) {
	t.Parallel()
	without := func(setting string) string { return strings.Replace(durableSQLite, setting, "", 1) }
	for name, c := range map[string]struct {
		dsn   string
		conns int
		setup string // run on the connection that the pool has
		want  string
	}{
		"as it should be":       {durableSQLite, 1, "", ""},
		"many connections":      {durableSQLite, 4, "", "may have 4 connections"},
		"unlimited connections": {durableSQLite, 0, "", "any number of connections"},
		"not durable":           {without("&_pragma=synchronous(FULL)") + "&_pragma=synchronous(NORMAL)", 1, "", "synchronous=1"},
		"durable on one connection only": {
			without("&_pragma=synchronous(FULL)") + "&_pragma=synchronous(NORMAL)", 1, "PRAGMA synchronous = FULL", "synchronous=1",
		},
		"rollback journal":      {without("&_pragma=journal_mode(WAL)"), 1, "", "journal_mode=delete"},
		"no patience":           {without("_pragma=busy_timeout(5000)&"), 1, "", "busy_timeout=0"},
		"no foreign keys":       {without("&_pragma=foreign_keys(1)"), 1, "", "foreign_keys=0"},
		"foreign keys set once": {without("&_pragma=foreign_keys(1)"), 1, "PRAGMA foreign_keys = 1", "foreign_keys=0"},
		"deferred transactions": {without("&_txlock=immediate"), 1, "", "take no lock"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := sqlitePool(t, "file:"+filepath.Join(t.TempDir(), "host.db")+c.dsn, c.conns)
			if c.setup != "" {
				_, err := db.ExecContext(t.Context(), c.setup)
				require.NoError(t, err)
			}
			err := starts(t, db, config.Config{})
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "SetMaxOpenConns(1)", "what to do")
		})
	}
}

// A file that another host has is refused, whichever of them opened it itself.
func TestSQLitePoolOfTheHostHasTheFileToItself(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "host.db")
	require.NoError(t, starts(t, sqlitePool(t, "file:"+file+durableSQLite, 1), config.Config{}))
	require.ErrorContains(t, starts(t, sqlitePool(t, "file:"+file+durableSQLite, 1), config.Config{}), "in use by another host")

	own, err := wechat.New(config.Config{Database: config.Database{URL: config.Secret("sqlite:" + file)}})
	require.NoError(t, err)
	require.ErrorContains(t, own.Start(t.Context()), "in use by another host")
}

// A database in memory has no file to lock, and forgets: it is for tests, which say so.
func TestSQLitePoolInMemory(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, starts(t, sqlitePool(t, ":memory:"+durableSQLite, 1), config.Config{}), "database.unsafe")
	require.NoError(t, starts(t, sqlitePool(t, ":memory:"+durableSQLite, 1), config.Config{Database: config.Database{Unsafe: true}}))
}

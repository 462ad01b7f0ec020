package migrations_test

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/pgdriver"
	_ "modernc.org/sqlite"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func open(t *testing.T, url string) *bun.DB {
	t.Helper()
	var db *bun.DB
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		pool, err := sql.Open("sqlite", file)
		require.NoError(t, err)
		pool.SetMaxOpenConns(1)
		db = bun.NewDB(pool, sqlitedialect.New())
	} else {
		db = bun.NewDB(sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(url))), pgdialect.New())
	}
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestUpTwiceDownAndUpAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := open(t, url)
		require.NoError(t, migrations.Up(t.Context(), db))
		require.NoError(t, migrations.Up(t.Context(), db))
		before := schemaOf(t, db)
		require.NotEmpty(t, before)

		require.NoError(t, migrations.Down(t.Context(), db))
		require.Empty(t, schemaOf(t, db), "a table is left behind")
		require.NoError(t, migrations.Up(t.Context(), db))
		require.Equal(t, before, schemaOf(t, db))
	})
}

func TestFilesHaveEqualNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, names(t, "sqlite"), names(t, "postgres"))
	require.NotEmpty(t, names(t, "sqlite"))
}

// Several hosts starting at once on one empty PostgreSQL must all succeed.
func TestHostsMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	failed := make(chan error, 4)
	for range cap(failed) {
		db := open(t, url)
		go func() { failed <- migrations.Up(context.WithoutCancel(t.Context()), db) }()
	}
	for range cap(failed) {
		require.NoError(t, <-failed)
	}
}

func names(t *testing.T, folder string) (files []string) {
	t.Helper()
	entries, err := fs.ReadDir(os.DirFS("."), folder)
	require.NoError(t, err)
	for _, e := range entries {
		files = append(files, e.Name())
	}
	return files
}

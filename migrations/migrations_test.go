package migrations_test

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"slices"
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
		before := columns(t, db)
		require.NotEmpty(t, before)

		require.NoError(t, migrations.Down(t.Context(), db))
		require.Empty(t, columns(t, db), "a table is left behind")
		require.NoError(t, migrations.Up(t.Context(), db))
		require.Equal(t, before, columns(t, db))
	})
}

// Both databases must have the same tables, columns, nullability and indexes; only the types have two names.
func TestBothDatabasesAgree(t *testing.T) {
	t.Parallel()
	lite, pg := open(t, dbtest.SQLite(t)), open(t, dbtest.Postgres(t))
	require.NoError(t, migrations.Up(t.Context(), lite))
	require.NoError(t, migrations.Up(t.Context(), pg))

	require.Equal(t, columns(t, lite), columns(t, pg))
	require.Equal(t, indexes(t, lite), indexes(t, pg))
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

// columns lists "table.column nullable" of the module's tables, without bun's own.
func columns(t *testing.T, db *bun.DB) []string {
	t.Helper()
	query := `SELECT table_name || '.' || column_name || ' ' || is_nullable FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name LIKE 'wechat%' AND table_name NOT LIKE 'wechat_migration%'`
	if db.Dialect().Name().String() != "pg" {
		query = `SELECT m.name || '.' || c.name || ' ' || CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN 'NO' ELSE 'YES' END
			FROM sqlite_master AS m, pragma_table_info(m.name) AS c
			WHERE m.type = 'table' AND m.name LIKE 'wechat%' AND m.name NOT LIKE 'wechat_migration%'`
	}
	return list(t, db, query)
}

func indexes(t *testing.T, db *bun.DB) []string {
	t.Helper()
	query := `SELECT tablename || ' ' || indexname FROM pg_indexes WHERE tablename LIKE 'wechat%'
		AND tablename NOT LIKE 'wechat_migration%' AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'`
	if db.Dialect().Name().String() != "pg" {
		query = `SELECT tbl_name || ' ' || name FROM sqlite_master
			WHERE type = 'index' AND sql IS NOT NULL AND tbl_name NOT LIKE 'wechat_migration%'`
	}
	return list(t, db, query)
}

func list(t *testing.T, db *bun.DB, query string) (rows []string) {
	t.Helper()
	require.NoError(t, db.NewRaw(query).Scan(t.Context(), &rows))
	slices.Sort(rows)
	return rows
}

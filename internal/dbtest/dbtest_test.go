package dbtest_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/pgdriver"

	"wgink.ink/wechat/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(url)))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func one(t *testing.T, db *sql.DB, query string) (answer string) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&answer), query)
	return answer
}

func TestPostgresDatabasesAreSeparate(t *testing.T) {
	t.Parallel()
	first, second := dbtest.Postgres(t), dbtest.Postgres(t)
	require.NotEqual(t, first, second)

	db := open(t, first)
	_, err := db.ExecContext(t.Context(), `CREATE TABLE only_here (id int)`)
	require.NoError(t, err)
	_, err = open(t, second).ExecContext(t.Context(), `SELECT * FROM only_here`)
	require.ErrorContains(t, err, "does not exist")
}

func TestPostgresIsDroppedAtCleanup(t *testing.T) {
	t.Parallel()
	look := open(t, dbtest.Postgres(t))
	var gone string
	t.Run("user", func(t *testing.T) {
		gone = dbtest.Postgres(t)
		left := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(gone)))
		require.NoError(t, left.PingContext(t.Context())) // and not closed, as a failed test would leave it
	})
	name := gone[strings.LastIndex(gone, "/")+1 : strings.Index(gone, "?")]
	require.Equal(t, "0", one(t, look, `SELECT count(*) FROM pg_database WHERE datname = '`+name+`'`))
}

func TestPostgresSettings(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_DATABASE_URL") != "" {
		t.Skip("that server's settings are its owner's")
	}
	quick := open(t, dbtest.Postgres(t))
	require.Equal(t, "UTF8", one(t, quick, `SHOW server_encoding`))
	require.Equal(t, "C.UTF-8", one(t, quick, `SELECT datcollate FROM pg_database WHERE datname = current_database()`))

	durable := open(t, dbtest.Postgres(t, dbtest.Durable))
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		require.Equal(t, "on", one(t, durable, `SHOW `+setting), setting)
	}
}

func TestEachRunsBothKinds(t *testing.T) {
	t.Parallel()
	dbtest.Postgres(t) // skips where there is none
	var names, schemes []string
	t.Run("each", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, url string) {
			scheme, _, _ := strings.Cut(url, ":")
			names, schemes = append(names, t.Name()), append(schemes, scheme)
		})
	})
	require.Equal(t, []string{t.Name() + "/each/sqlite", t.Name() + "/each/postgres"}, names)
	require.Equal(t, []string{"sqlite", "postgres"}, schemes)
}

func BenchmarkFreshDatabase(b *testing.B) {
	dbtest.Postgres(b)
	for b.Loop() {
		dbtest.Postgres(b)
	}
}

package wechat_test

import (
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/dbtest"
)

// postgresPool is a host's own pool.
func postgresPool(t *testing.T, server driver.Connector) *bun.DB {
	t.Helper()
	db := bun.NewDB(sql.OpenDB(server), pgdialect.New())
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func toServer(databaseURL string, params map[string]any) driver.Connector {
	return pgdriver.NewConnector(pgdriver.WithDSN(databaseURL), pgdriver.WithConnParams(params))
}

// A pool of the host with settings that would break a promise is refused by name.
func TestPoolOfTheHost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		params map[string]any
		conns  int // 0: as many as needed
		want   string
	}{
		"as it is":                {nil, 0, ""},
		"few connections":         {nil, 4, ""},
		"one connection":          {nil, 1, "at most 1 connections"},
		"commits may be lost":     {map[string]any{"synchronous_commit": "off"}, 0, "synchronous_commit=off"},
		"stricter isolation":      {map[string]any{"default_transaction_isolation": "serializable"}, 0, "read committed"},
		"statements are cut soon": {map[string]any{"statement_timeout": "50ms"}, 0, "statement_timeout=50ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := postgresPool(t, toServer(dbtest.Postgres(t, dbtest.Durable), c.params))
			db.SetMaxOpenConns(c.conns)
			if err := starts(t, db, config.Config{}); c.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.want)
			}
		})
	}
}

// Behind a pooler a session's settings, its locks and even its transactions may go to different processes of the server.
func TestPoolOfTheHostBehindAPooler(t *testing.T) {
	t.Parallel()
	for by, want := range map[string]string{
		"session":     "",
		"transaction": "pooler in transaction or statement mode",
		"statement":   "pooler in transaction or statement mode",
	} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			server := toServer(dbtest.Postgres(t, dbtest.Durable), nil)
			if err := starts(t, postgresPool(t, newPooler(t, server, by)), config.Config{}); want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

// A changed search_path works when it leads to the module's tables, or to a place where none are yet; otherwise it is
// refused by name, before new tables could hide the old ones.
func TestSearchPathOfTheHost(t *testing.T) {
	t.Parallel()
	for path, c := range map[string]struct {
		before string // the path of an earlier start; empty: there was none
		want   string
		home   string // where the tables are in the end
	}{
		"shop":              {"", "", "shop"},
		"shop, public":      {"", "", "shop"},
		"nowhere, shop":     {"", "", "shop"},
		"nowhere":           {"", "names no schema that is there", ""},
		"public, shop":      {"public", "", "public"},
		"nowhere, public":   {"public", "", "public"},
		"shop, pg_catalog":  {"public", "put public first", "public"}, // they are out of sight
		`shop, "public"`:    {"public", "put public first", "public"}, // they are in sight, but new ones would stand before them
		`"nowhere", "shop"`: {"shop", "", "shop"},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			url := dbtest.Postgres(t, dbtest.Durable)
			admin := postgresPool(t, toServer(url, nil))
			set := func(path string) {
				_, err := admin.ExecContext(t.Context(), "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = "+path+
					"', current_database()); END $$")
				require.NoError(t, err)
			}
			_, err := admin.ExecContext(t.Context(), "CREATE SCHEMA shop")
			require.NoError(t, err)
			if c.before != "" {
				set(c.before)
				require.NoError(t, starts(t, postgresPool(t, toServer(url, nil)), config.Config{}))
			}
			set(path)
			err = starts(t, postgresPool(t, toServer(url, nil)), config.Config{})
			if c.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.want)
			}
			var homes []string
			require.NoError(t, admin.NewRaw("SELECT schemaname FROM pg_tables WHERE tablename = 'wechat_events'").Scan(t.Context(), &homes))
			if c.home == "" {
				require.Empty(t, homes)
			} else {
				require.Equal(t, []string{c.home}, homes)
			}
		})
	}
}

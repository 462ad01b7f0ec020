package wechat_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/dbtest"
)

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
			pool := sql.OpenDB(pgdriver.NewConnector(
				pgdriver.WithDSN(dbtest.Postgres(t, dbtest.Durable)), pgdriver.WithConnParams(c.params)))
			pool.SetMaxOpenConns(c.conns)
			db := bun.NewDB(pool, pgdialect.New())
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			m, err := wechat.New(config.Config{}, wechat.WithDB(db))
			require.NoError(t, err)
			err = m.Start(t.Context())
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			defer func() {
				require.NoError(t, m.Stop(ctx))
				require.NoError(t, db.PingContext(ctx), "Stop leaves the host's pool open")
			}()
			if c.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.want)
			}
		})
	}
}

package bench

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

// database is one host's database, seen from the benchmark.
type database struct {
	url   string
	sql   *sql.DB
	reset []string // statements that bring it back to its first state
	kept  string   // counts what a host has kept
}

// newDatabase makes a database with the tables of a kind of host and, where it compares, the orders of the notices.
func newDatabase(t *testing.T, kind string, onPostgres bool, notices []notice) *database {
	t.Helper()
	var url, driver, dsn string
	if onPostgres {
		url = dbtest.Postgres(t, dbtest.Durable)
		driver, dsn = "pgx", url
	} else {
		url = dbtest.SQLite(t)
		driver, dsn = "sqlite", strings.TrimPrefix(url, "sqlite:")+"?_pragma=busy_timeout(20000)&_pragma=synchronous(FULL)"
	}
	pool, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	d := &database{url: url, sql: pool, kept: "SELECT count(*) FROM notices"}
	switch kind {
	case rawCommits:
		d.exec(t, "CREATE TABLE notices (id BIGINT NOT NULL, body BYTEA NOT NULL)")
		d.reset = []string{"TRUNCATE notices", "CHECKPOINT"}
	case handOne:
		d.exec(t, handTable)
		d.reset = []string{"TRUNCATE notices", "CHECKPOINT"}
	default:
		require.NoError(t, store.Migrate(t.Context(), url))
		d.placeOrders(t, notices)
		d.kept = "SELECT count(*) FROM wechat_events e JOIN wechat_orders o ON o.out_trade_no = e.subject WHERE o.state = 'SUCCESS' AND e.verdict = 'ok'"
		d.reset = []string{
			"DELETE FROM wechat_deliveries", "DELETE FROM wechat_events", "DELETE FROM wechat_orders",
			"INSERT INTO wechat_orders SELECT * FROM seed", "PRAGMA wal_checkpoint(TRUNCATE)",
		}
		if onPostgres {
			d.reset = []string{
				"TRUNCATE wechat_deliveries, wechat_events, wechat_orders",
				"INSERT INTO wechat_orders SELECT * FROM seed", "ANALYZE wechat_orders", "CHECKPOINT",
			}
		}
	}
	return d
}

// placeOrders lays the orders down, to be copied before each measurement.
func (d *database) placeOrders(t *testing.T, notices []notice) {
	t.Helper()
	sim, err := newWeChat()
	require.NoError(t, err)
	defer func() { require.NoError(t, sim.Close()) }()
	d.exec(t, "CREATE TABLE seed AS SELECT * FROM wechat_orders")
	for some := range slices.Chunk(notices, 500) {
		var rows []string
		for _, n := range some { // all of it is ours: nothing to escape
			rows = append(rows, fmt.Sprintf("('%s','%s','%s','%s','一杯咖啡','','',%d,'CNY','http://shop.test/wechat/pay/notice','NOTPAY','','',1,1)",
				sim.Merchant().MchID, n.outTradeNo, sim.App().AppID, n.openID, n.fen))
		}
		d.exec(t, `INSERT INTO seed (mchid, out_trade_no, appid, openid, description, attach, goods_tag, amount_fen, currency,
			notify_url, state, trade_type, bank_type, created_at, updated_at) VALUES `+strings.Join(rows, ","))
	}
}

func (d *database) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		_, err := d.sql.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

func (d *database) number(t *testing.T, query string) (n int) {
	t.Helper()
	require.NoError(t, d.sql.QueryRowContext(t.Context(), query).Scan(&n), query)
	return n
}

// requireKept proves that a host kept what it acknowledged, all of it with its order paid.
func (d *database) requireKept(t *testing.T, count int) {
	t.Helper()
	require.Equal(t, count, d.number(t, d.kept), "kept")
}

// drainLimit bounds the wait for the last event to be handled.
const drainLimit = 60 * time.Second

// awaitHandled waits until no delivery is left to do.
func (d *database) awaitHandled(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), drainLimit)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	const open = `SELECT EXISTS (SELECT 1 FROM wechat_deliveries WHERE state = 'pending')
		OR EXISTS (SELECT 1 FROM wechat_deliveries WHERE state = 'running')`
	for {
		var left bool
		require.NoError(t, d.sql.QueryRowContext(ctx, open).Scan(&left))
		if !left {
			break
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			require.FailNow(t, "events are left over")
		}
	}
	require.Zero(t, d.number(t, "SELECT count(*) FROM wechat_deliveries WHERE state <> 'done'"), "dead deliveries")
}

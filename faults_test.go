package wechat_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/driver/pgdriver"
	"modernc.org/sqlite"

	"wgink.ink/wechat"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/wechattest"
)

var errInjected = errors.New("injected fault")

// faults is a database that fails at random: before a statement, after it has been done, or by being slow.
type faults struct {
	driver.Connector

	on       atomic.Bool
	injected atomic.Int64
	mu       sync.Mutex
	dice     *rand.Rand
}

// roll decides about one statement.
func (f *faults) roll() (slow time.Duration, before, after error) {
	if !f.on.Load() {
		return 0, nil, nil
	}
	f.mu.Lock()
	n := f.dice.IntN(100)
	f.mu.Unlock()
	switch {
	case n < 2:
		before = errInjected
	case n < 4:
		after = errInjected
	case n < 5:
		slow = 20 * time.Millisecond
	default:
		return 0, nil, nil
	}
	f.injected.Add(1)
	return slow, before, after
}

func inject[T any](f *faults, do func() (T, error)) (T, error) {
	slow, before, after := f.roll()
	var none T
	if before != nil {
		return none, before
	}
	<-time.After(slow)
	v, err := do()
	if err == nil && after != nil {
		if rows, ok := any(v).(driver.Rows); ok { // done to the end, but the answer is lost
			values := make([]driver.Value, len(rows.Columns()))
			for rows.Next(values) == nil {
			}
			return none, errors.Join(after, rows.Close())
		}
		return none, after
	}
	return v, err
}

func (f *faults) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := f.Connector.Connect(ctx)
	return faultyConn{conn, f}, err
}

type faultyConn struct {
	driver.Conn

	f *faults
}

func (c faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if _, before, _ := c.f.roll(); before != nil { // none after: a transaction that was begun and not told of would block
		return nil, before
	}
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	return faultyTx{tx, c.f}, err
}

func (c faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return inject(c.f, func() (driver.Result, error) { return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args) })
}

func (c faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return inject(c.f, func() (driver.Rows, error) { return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args) })
}

type faultyTx struct {
	driver.Tx

	f *faults
}

func (t faultyTx) Commit() error {
	_, before, after := t.f.roll()
	if before != nil {
		return errors.Join(before, t.Rollback()) // the commit never arrived
	}
	return errors.Join(t.Tx.Commit(), after)
}

func faultyDB(t *testing.T, databaseURL string, f *faults) *bun.DB {
	t.Helper()
	var db *bun.DB
	if file, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}, "_txlock": {"immediate"}}
		f.Connector = sqliteConnector("file:" + file + "?" + q.Encode())
		db = bun.NewDB(sql.OpenDB(f), sqlitedialect.New())
		db.SetMaxOpenConns(1)
	} else {
		f.Connector = pgdriver.NewConnector(pgdriver.WithDSN(databaseURL), pgdriver.WithConnParams(map[string]any{"synchronous_commit": "on"}))
		db = bun.NewDB(sql.OpenDB(f), pgdialect.New())
	}
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

type sqliteConnector string

func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) {
	return c.Driver().Open(string(c))
}
func (sqliteConnector) Driver() driver.Driver { return &sqlite.Driver{} }

// Every statement of the database may fail, before or after it was done: nothing that was answered is lost, and nothing
// is delivered under two ids.
func TestDatabaseThatFailsAtRandom(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, databaseURL string) {
		t.Parallel()
		_, dice := lanetest.Seeded(t, ".")
		f := &faults{dice: dice}
		b := newBedWith(t, databaseURL, []wechattest.Option{wechattest.WithRetrySpeed(2000)},
			[]wechat.Option{wechat.WithDB(faultyDB(t, databaseURL, f))})
		phone := b.sim.Phone("lan")
		orders := 100
		if lanetest.Full() {
			orders = 5000
		}
		f.on.Store(true)
		for i := range orders {
			terms := payment.PlaceOrder{
				OutTradeNo: fmt.Sprintf("order-%04d", i), Description: "一杯咖啡", AmountFen: 100, OpenID: phone.OpenID(),
			}
			var prepay payment.Prepay
			require.Eventually(t, func() (ok bool) {
				p, err := b.module.Pay().PlaceOrder(context.Background(), terms)
				prepay = p
				return err == nil
			}, 20*time.Second, time.Millisecond, "placing the same order again is always safe")
			require.NoError(t, phone.Pay(t.Context(), wechattest.Launch(prepay.Launch)))
		}
		ids := map[string]string{} // by order
		for len(ids) < orders {
			e := b.event("payment.succeeded")
			subject, id := e["subject"].(string), e["event"].(string)
			if known, ok := ids[subject]; ok {
				require.Equal(t, known, id, "one payment under two ids")
			}
			ids[subject] = id
		}
		f.on.Store(false)
		b.allAccepted(orders)
		require.Positive(t, f.injected.Load(), "the negative control: faults did happen")
		t.Logf("%d faults", f.injected.Load())
		require.Len(t, b.payEvents(), orders)
		for order, id := range ids {
			var rows []store.Delivery
			require.Eventually(t, func() bool {
				var err error
				rows, err = b.db.Deliveries(context.Background(), id)
				return err == nil && len(rows) == 1 && rows[0].State == store.Done
			}, 60*time.Second, 10*time.Millisecond, "%s: %+v", order, rows)
			row, _, err := b.db.Order(t.Context(), b.sim.Merchant().MchID, order)
			require.NoError(t, err)
			require.Equal(t, "SUCCESS", row.State)
		}
	})
}

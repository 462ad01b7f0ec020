package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"wgink.ink/wechat"
	"wgink.ink/wechat/payment"
)

// shopOrders is the shop's own table: what was ordered. Whether it is paid is the module's knowledge; a final state is
// noted here so that a list need not ask.
type shopOrders struct{ db *sql.DB }

type shopOrder struct {
	No            string        `json:"no"`
	OpenID        string        `json:"-"`
	GoodsID       string        `json:"goods"`
	Name          string        `json:"name"`
	AmountFen     int64         `json:"amount_fen"`
	State         payment.State `json:"state"`
	TransactionID string        `json:"transaction_id,omitempty"`
	CreatedAt     time.Time     `json:"created_at"`
}

const shopSchema = `CREATE TABLE IF NOT EXISTS orders (
	no             TEXT PRIMARY KEY,
	openid         TEXT    NOT NULL,
	goods          TEXT    NOT NULL,
	name           TEXT    NOT NULL,
	amount_fen     INTEGER NOT NULL,
	state          TEXT    NOT NULL,
	transaction_id TEXT    NOT NULL,
	created_at     INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_by_user ON orders (openid, created_at)`

const orderColumns = `no, openid, goods, name, amount_fen, state, transaction_id, created_at`

// openShop opens the shop's database. The driver "sqlite" comes with the module.
func openShop(ctx context.Context, file string, module *wechat.Module) (*shop, error) {
	db, err := sql.Open("sqlite", file+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, fmt.Errorf("open the shop's database: %w", err)
	}
	db.SetMaxOpenConns(1) // one writer, and nothing here is slow
	if _, err := db.ExecContext(ctx, shopSchema); err != nil {
		return nil, errors.Join(fmt.Errorf("open the shop's database: %w", err), db.Close())
	}
	return &shop{module: module, orders: &shopOrders{db: db}}, nil
}

func (s *shop) close() error { return s.orders.db.Close() }

func (o *shopOrders) insert(ctx context.Context, order shopOrder) error {
	_, err := o.db.ExecContext(ctx, `INSERT INTO orders (`+orderColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		order.No, order.OpenID, order.GoodsID, order.Name, order.AmountFen, order.State, order.TransactionID, order.CreatedAt.UnixMilli())
	if err != nil {
		return fmt.Errorf("keep the order: %w", err)
	}
	return nil
}

// setState notes what the module knows. A final state stays.
func (o *shopOrders) setState(ctx context.Context, order shopOrder, state payment.State, transactionID string) (shopOrder, error) {
	order.State, order.TransactionID = state, transactionID
	_, err := o.db.ExecContext(ctx, `UPDATE orders SET state = ?, transaction_id = ? WHERE no = ?`, state, transactionID, order.No)
	if err != nil {
		return order, fmt.Errorf("note the order's state: %w", err)
	}
	return order, nil
}

func (o *shopOrders) find(ctx context.Context, no string) (order shopOrder, found bool, err error) {
	order, err = scanOrder(o.db.QueryRowContext(ctx, `SELECT `+orderColumns+` FROM orders WHERE no = ?`, no))
	if errors.Is(err, sql.ErrNoRows) {
		return order, false, nil
	}
	return order, err == nil, err
}

func (o *shopOrders) ofUser(ctx context.Context, openID string) ([]shopOrder, error) {
	rows, err := o.db.QueryContext(ctx, `SELECT `+orderColumns+` FROM orders WHERE openid = ? ORDER BY created_at DESC LIMIT 20`, openID)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	orders := []shopOrder{}
	for rows.Next() {
		order, err := scanOrder(rows)
		if err != nil {
			return nil, fmt.Errorf("list orders: %w", err)
		}
		orders = append(orders, order)
	}
	return orders, rows.Err()
}

func scanOrder(row interface{ Scan(to ...any) error }) (order shopOrder, err error) {
	var created int64
	err = row.Scan(&order.No, &order.OpenID, &order.GoodsID, &order.Name, &order.AmountFen, &order.State, &order.TransactionID, &created)
	order.CreatedAt = time.UnixMilli(created)
	return order, err
}

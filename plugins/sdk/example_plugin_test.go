package sdk_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"wgink.ink/wechat/plugins/sdk"
)

// Points gives a customer one point for each yuan paid.
type Points struct {
	File string `json:"file"` // from `config` in the host's file
	db   *sql.DB
}

func main() { sdk.Serve(&Points{}) }

func (p *Points) Start(ctx context.Context, _ sdk.Env) (err error) {
	if p.db, err = sql.Open("sqlite", p.File); err != nil {
		return err
	}
	_, err = p.db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS points (event_id TEXT PRIMARY KEY, openid TEXT, points INTEGER)`)
	return err
}

// OnPayment may get a payment more than once; the event id as primary key lets it have its effect once.
func (p *Points) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
	_, err := p.db.ExecContext(ctx, `INSERT INTO points VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		n.EventID, n.PayerOpenID, n.AmountFen/100)
	return err // nil: done; an error: the event comes back
}

// A plugin is a handler and one line that serves it. Here its host hands the same payment over twice.
func Example() {
	_ = main // a host starts it, this example does not
	dir, _ := os.MkdirTemp("", "points")
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, points := context.Background(), &Points{File: filepath.Join(dir, "points.db")}
	fmt.Println("start:", points.Start(ctx, sdk.Env{ID: "points", Version: "1.0.0"}))
	defer func() { _ = points.db.Close() }()

	paid := &sdk.PaymentNotice{
		Delivery:    sdk.Delivery{EventID: "ev_1", EventType: "payment.succeeded", Subject: "ORDER-0001", Attempt: 1},
		PayerOpenID: "o0S2cu2H", AmountFen: 1800,
	}
	fmt.Println("first:", points.OnPayment(ctx, paid))
	paid.Attempt = 2
	fmt.Println("again:", points.OnPayment(ctx, paid))
	var sum int
	_ = points.db.QueryRowContext(ctx, `SELECT sum(points) FROM points`).Scan(&sum)
	fmt.Println("points:", sum)
	// Output:
	// start: <nil>
	// first: <nil>
	// again: <nil>
	// points: 18
}

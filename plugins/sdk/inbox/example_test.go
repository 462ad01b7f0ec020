package inbox_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"wgink.ink/wechat/plugins/sdk"
	"wgink.ink/wechat/plugins/sdk/inbox"
)

// stamps gives a stamp for each coffee paid.
type stamps struct {
	File string `json:"file"`

	db  *sql.DB
	box inbox.Inbox
}

func (p *stamps) Start(ctx context.Context, env sdk.Env) (err error) {
	if p.db, err = sql.Open("sqlite", p.File); err != nil {
		return err
	}
	p.box = inbox.New(inbox.SQLite, env.ID)
	_, err = p.db.ExecContext(ctx, inbox.Schema(inbox.SQLite)+"; CREATE TABLE IF NOT EXISTS stamps (openid TEXT, n INTEGER)")
	return err
}

// OnPayment may get a payment more than once. The inbox lets its effect happen once, in one transaction with the note that
// it did.
func (p *stamps) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
	return p.box.InTx(ctx, p.db, n.EventID, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO stamps VALUES (?, 1)", n.PayerOpenID)
		return err
	})
}

func Example() {
	dir, _ := os.MkdirTemp("", "stamps")
	defer func() { _ = os.RemoveAll(dir) }()
	ctx, p := context.Background(), &stamps{File: filepath.Join(dir, "stamps.db")}
	fmt.Println("start:", p.Start(ctx, sdk.Env{ID: "stamps"}))
	defer func() { _ = p.db.Close() }()

	paid := &sdk.PaymentNotice{Delivery: sdk.Delivery{EventID: "ev_1"}, PayerOpenID: "o0S2cu2H"}
	fmt.Println("first:", p.OnPayment(ctx, paid))
	fmt.Println("again:", p.OnPayment(ctx, paid))
	var n int
	_ = p.db.QueryRowContext(ctx, "SELECT sum(n) FROM stamps").Scan(&n)
	fmt.Println("stamps:", n)
	// Output:
	// start: <nil>
	// first: <nil>
	// again: <nil>
	// stamps: 1
}

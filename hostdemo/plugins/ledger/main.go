// Command ledger is a business team's plugin: it books every payment and refund, once. It is built and released without
// the host, knows no key of the merchant, and is the example to copy from.
package main

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"log/slog"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"wgink.ink/wechat/plugins/sdk"
)

//go:embed schema.sql
var schema string

// Ledger is the handler; its exported fields come from `config` in the host's file.
type Ledger struct {
	File string `json:"file"`

	db  *sql.DB
	log *slog.Logger
}

func main() { sdk.Serve(&Ledger{}) }

// Start opens the books, before the first event.
func (l *Ledger) Start(ctx context.Context, env sdk.Env) (err error) {
	l.log = env.Logger
	l.db, err = sql.Open("sqlite", l.File+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		return err
	}
	_, err = l.db.ExecContext(ctx, schema)
	return err
}

// OnPayment books money that arrived. nil means done; any other error brings the event back later, under the same id.
func (l *Ledger) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
	return l.book(ctx, n.Delivery, n.OutTradeNo, n.AmountFen)
}

// OnNotice books money that went back.
func (l *Ledger) OnNotice(ctx context.Context, n *sdk.Notice) error {
	if n.EventType != "refund.succeeded" {
		return nil // a refund that failed or was closed moved no money
	}
	var refund struct {
		OutTradeNo string `json:"out_trade_no"`
		Amount     struct {
			Refund int64 `json:"refund"` // fen
		} `json:"amount"`
	}
	if err := json.Unmarshal(n.RawJSON, &refund); err != nil {
		return sdk.Reject("not a refund: " + err.Error()) // will never get better: set it aside for a person
	}
	return l.book(ctx, n.Delivery, refund.OutTradeNo, -refund.Amount.Refund)
}

// book has its effect once, however often the event comes: event id and effect are written in one transaction, and the
// id is unique. Deliveries are counted apart, so that everybody can see the difference.
func (l *Ledger) book(ctx context.Context, d sdk.Delivery, orderNo string, amountFen int64) error {
	if _, err := l.db.ExecContext(ctx, `INSERT INTO deliveries (event_id) VALUES (?)`, d.EventID); err != nil {
		return err
	}
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	done, err := tx.ExecContext(ctx, `INSERT INTO handled (event_id) VALUES (?) ON CONFLICT DO NOTHING`, d.EventID)
	if err != nil {
		return err
	}
	if fresh, err := done.RowsAffected(); err != nil || fresh == 0 {
		return err // handled before: nothing to do, and that is success
	}
	// The effect. Whatever else belongs to it, such as stock or points, goes into the same transaction.
	if _, err := tx.ExecContext(ctx, `INSERT INTO bookings (event_id, event_type, order_no, amount_fen) VALUES (?, ?, ?, ?)`,
		d.EventID, d.EventType, orderNo, amountFen); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	l.log.InfoContext(ctx, "booked", "event", d.EventID, "order", orderNo, "amount_fen", amountFen)
	return nil
}

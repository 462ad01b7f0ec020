//go:build linux

package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"wgink.ink/wechat/internal/failpoint"
	"wgink.ink/wechat/plugins/sdk"
)

const (
	ledgerID      = "ledger"
	ledgerVersion = "1.0.0"
	ledgerSecret  = "LEDGER_TOKEN" // the name of its secret
)

// ledger is the plugin: it books each payment once, in a database of its own, and misbehaves as configured.
type ledger struct {
	ledgerConfig
	db    *sql.DB
	calls atomic.Int64 // of this process
}

// ledgerConfig is the plugin's configuration. Files are switches that a test turns while processes run.
type ledgerConfig struct {
	File           string `json:"file"`                       // the database
	StartGate      string `json:"start_gate,omitempty"`       // is not ready before this file exists
	Gate           string `json:"gate,omitempty"`             // no effect before this file exists
	Hang           string `json:"hang,omitempty"`             // while this file exists, takes hangs and ignores its deadline
	DieAfterEffect bool   `json:"die_after_effect,omitempty"` // at the first hand-over of each event
	DieEvery       int    `json:"die_every,omitempty"`        // dies at every such call of its process, before its effect
	Quick          bool   `json:"quick,omitempty"`            // a light plugin: it notes no hand-overs, and does not sync
	Failpoints     string `json:"failpoints,omitempty"`       // the folder of fail points
	NoKey          bool   `json:"no_key,omitempty"`           // a wrong plugin: nothing keeps a second booking out
}

// hangs is how long a hanging handler takes.
const hangs = 10 * time.Second

// Start opens the ledger.
func (l *ledger) Start(ctx context.Context, env sdk.Env) (err error) {
	env.Logger.InfoContext(ctx, "the ledger's secret must not be seen", "secret", env.Secrets[ledgerSecret], "all", env.Secrets)
	if err := os.Setenv(failpoint.Env, l.Failpoints); err != nil {
		return err
	}
	if err := awaitFile(ctx, l.StartGate); err != nil {
		return err
	}
	if l.db, err = sql.Open("sqlite", l.File+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_txlock=immediate&_pragma=synchronous("+l.synchronous()+")"); err != nil {
		return err
	}
	key := "UNIQUE"
	if l.NoKey {
		key = ""
	}
	_, err = l.db.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS handovers (event_id TEXT NOT NULL, host INTEGER NOT NULL, at INTEGER NOT NULL);
		CREATE TABLE IF NOT EXISTS bookings (event_id TEXT NOT NULL `+key+`, kind TEXT NOT NULL, order_no TEXT NOT NULL, fen INTEGER NOT NULL, at INTEGER NOT NULL);
		CREATE INDEX IF NOT EXISTS handovers_event ON handovers (event_id);`)
	return err
}

func (l *ledger) synchronous() string {
	if l.Quick {
		return "NORMAL"
	}
	return "FULL"
}

// OnPayment books a payment.
func (l *ledger) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
	return l.book(ctx, booking{n.EventID, paymentKind, n.OutTradeNo, n.AmountFen})
}

// OnNotice books a refund.
func (l *ledger) OnNotice(ctx context.Context, n *sdk.Notice) error {
	var refund struct {
		OutTradeNo string `json:"out_trade_no"`
		Amount     struct {
			Refund int64 `json:"refund"`
		} `json:"amount"`
	}
	if err := json.Unmarshal(n.RawJSON, &refund); err != nil {
		return sdk.Reject(err.Error())
	}
	return l.book(ctx, booking{n.EventID, refundKind, refund.OutTradeNo, refund.Amount.Refund})
}

// OnUserEvent books a new user.
func (l *ledger) OnUserEvent(ctx context.Context, e *sdk.UserEvent) error {
	return l.book(ctx, booking{e.EventID, userKind, e.OpenID, 0})
}

func (l *ledger) book(ctx context.Context, b booking) error {
	if !l.Quick {
		if _, err := l.db.ExecContext(ctx, "INSERT INTO handovers VALUES (?, ?, ?)", b.EventID, os.Getppid(), time.Now().UnixMilli()); err != nil {
			return err
		}
	}
	if _, err := os.Stat(l.Hang); err == nil {
		<-time.After(hangs)
	}
	if err := awaitFile(ctx, l.Gate); err != nil {
		return err
	}
	if n := int(l.calls.Add(1)); l.DieEvery > 0 && n%l.DieEvery == 0 {
		os.Exit(1)
	}
	// One statement is one transaction: key and effect are the same row.
	if _, err := l.db.ExecContext(ctx, "INSERT INTO bookings VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		b.EventID, b.Kind, b.OrderNo, b.Fen, time.Now().UnixMilli()); err != nil {
		return err
	}
	if err := failpoint.Hit(failpoint.AfterEffect); err != nil {
		return err
	}
	if l.DieAfterEffect {
		var seen int
		if err := l.db.QueryRowContext(ctx, "SELECT count(*) FROM handovers WHERE event_id = ?", b.EventID).Scan(&seen); err != nil {
			return err
		}
		if seen == 1 {
			os.Exit(1)
		}
	}
	return nil
}

// awaitFile returns when the file exists; a switch without a name is never waited for.
func awaitFile(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		if _, err := os.Stat(name); err == nil {
			return nil
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var (
	_ sdk.Starter          = (*ledger)(nil)
	_ sdk.PaymentHandler   = (*ledger)(nil)
	_ sdk.NoticeHandler    = (*ledger)(nil)
	_ sdk.UserEventHandler = (*ledger)(nil)
)

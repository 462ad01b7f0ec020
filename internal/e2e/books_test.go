//go:build linux

package e2e

import (
	"context"
	"database/sql"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The kinds of events that the plugin books.
const (
	paymentKind = "payment.succeeded"
	refundKind  = "refund.succeeded"
	userKind    = "user.created"
)

// booking is one effect of the plugin.
type booking struct {
	EventID string
	Kind    string
	OrderNo string // of a user event: the openid
	Fen     int64
}

// books reads the plugin's ledger from outside, from its own file.
type books struct {
	file string
	db   *sql.DB
}

func openBooks(t *testing.T, file string) *books {
	t.Helper()
	db, err := sql.Open("sqlite", file+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return &books{file: file, db: db}
}

// opened says whether the plugin has made its tables; a reader must not make the file.
func (b *books) opened() bool {
	if _, err := os.Stat(b.file); err != nil {
		return false
	}
	var n int
	err := b.db.QueryRowContext(context.Background(), "SELECT count(*) FROM sqlite_master WHERE name = 'bookings'").Scan(&n)
	return err == nil && n == 1
}

// bookings are all effects.
func (b *books) bookings() (all []booking, err error) {
	if !b.opened() {
		return nil, nil
	}
	rows, err := b.db.QueryContext(context.Background(), "SELECT event_id, kind, order_no, fen FROM bookings ORDER BY rowid")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var one booking
		if err := rows.Scan(&one.EventID, &one.Kind, &one.OrderNo, &one.Fen); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// handovers is how often the plugin was given an event, any event.
func (b *books) handovers() int { return b.count("handovers") }

// count is how many rows a table has.
func (b *books) count(table string) (n int) {
	if b.opened() {
		_ = b.db.QueryRowContext(context.Background(), "SELECT count(*) FROM "+table).Scan(&n)
	}
	return n
}

// bookedAt is when each order was booked.
func (b *books) bookedAt() map[string]time.Time {
	at := map[string]time.Time{}
	rows, err := b.db.QueryContext(context.Background(), "SELECT order_no, at FROM bookings")
	if err != nil {
		return at
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var order string
		var ms int64
		if rows.Scan(&order, &ms) == nil {
			at[order] = time.UnixMilli(ms)
		}
	}
	if rows.Err() != nil {
		return nil
	}
	return at
}

// booked is how many bookings of a kind there are about an order or a user.
func (b *books) booked(kind, subject string) (n int) {
	if b.opened() {
		_ = b.db.QueryRowContext(context.Background(), "SELECT count(*) FROM bookings WHERE kind = ? AND order_no = ?", kind, subject).Scan(&n)
	}
	return n
}

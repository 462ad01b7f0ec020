package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat/wechattest"
)

func ledgerFile(data string) string  { return filepath.Join(data, "books", "ledger.db") }
func membersFile(data string) string { return filepath.Join(data, "books", "members.db") }

// books looks into the plugins' own databases, read-only: a page for people that like to see for themselves. A real host
// has no business there.
type books struct {
	ledger, members *sql.DB
	wechat          *wechattest.Simulator // knows how often it sent a notice
}

// booking is one event in the plugin's ledger.
type booking struct {
	EventID   string `json:"event_id"`
	EventType string `json:"event_type"`
	OrderNo   string `json:"order_no"`
	AmountFen int64  `json:"amount_fen"`
	At        string `json:"at"`
	Notices   int    `json:"notices"`    // how often WeChat sent the notice
	Seen      int    `json:"deliveries"` // how often the host handed the event over
	Effects   int    `json:"effects"`    // how often it was booked
}

// member is one row of the plugin's member list.
type member struct {
	OpenID    string `json:"openid"`
	Phone     string `json:"phone"`
	Nickname  string `json:"nickname"`
	AvatarURL string `json:"avatar_url"`
	Changes   int    `json:"changes"`
	LastEvent string `json:"last_event"`
}

// openBooks opens the plugins' files, which exist once the plugins are ready, and follows them on the trail.
func (d *demo) openBooks(data string) (err error) {
	b := &books{wechat: d.wechat}
	if b.ledger, err = readOnly(ledgerFile(data)); err != nil {
		return err
	}
	d.closers = append(d.closers, b.ledger.Close)
	if b.members, err = readOnly(membersFile(data)); err != nil {
		return err
	}
	d.closers = append(d.closers, b.members.Close)
	d.books = b

	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.follow(ctx, d.trail)
	}()
	d.closers = append(d.closers, func() error {
		stop()
		<-done
		return nil
	})
	return nil
}

// readOnly opens a SQLite file of somebody else. The driver comes with the module.
func readOnly(file string) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath(), RawQuery: "mode=ro&_pragma=busy_timeout(2000)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	return db, nil
}

// follow adds the ledger's new row to the trail whenever the ledger handled an event.
func (b *books) follow(ctx context.Context, t *trail) {
	for seq := t.now(); ctx.Err() == nil; {
		steps, change, _ := t.since(seq)
		for _, s := range steps {
			seq = s.Seq
			if s.To == atPlugin && s.Plugin == "ledger" {
				row := b.rowStep(ctx, s.Event)
				row.At = s.At.Add(time.Duration(s.TookMs * float64(time.Millisecond))) // when the plugin was done with it
				t.add(row)
			}
		}
		select {
		case <-change:
		case <-ctx.Done():
		}
	}
}

func (b *books) rowStep(ctx context.Context, event string) step {
	s := step{From: atBooks, Title: "插件自己的账本里有了这一行", Plain: "the plugin's ledger has this row", Event: event, Plugin: "ledger"}
	row, err := b.booking(ctx, event)
	if err != nil {
		s.Title, s.Plain, s.Note, s.Problem = "账本里没有找到这一行", "the plugin's ledger has no such row", err.Error(), true
		return s
	}
	s.Note = fmt.Sprintf("订单 %s，%+.2f 元，入账 %d 次", row.OrderNo, float64(row.AmountFen)/100, row.Effects)
	s.Fields = []field{
		{"event_id", row.EventID}, {"event_type", row.EventType}, {"order_no", row.OrderNo},
		{"amount_fen", strconv.FormatInt(row.AmountFen, 10)}, {"deliveries", strconv.Itoa(row.Seen)},
		{"effects", strconv.Itoa(row.Effects)},
	}
	return s
}

const selectBookings = `SELECT min(b.event_id), min(b.event_type), min(b.order_no), sum(b.amount_fen), min(b.booked_at),
	(SELECT count(*) FROM deliveries AS d WHERE d.event_id = b.event_id), count(*) FROM bookings AS b `

// booking is the ledger's row about one event.
func (b *books) booking(ctx context.Context, event string) (booking, error) {
	rows, err := b.bookings(ctx, "WHERE b.event_id = ? GROUP BY b.event_id", event)
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("the ledger has no row for event %s", event)
	}
	if err != nil {
		return booking{}, err
	}
	return rows[0], nil
}

// ofOrder are the ledger's rows about one order.
func (b *books) ofOrder(ctx context.Context, orderNo string) ([]booking, error) {
	return b.bookings(ctx, "WHERE b.order_no = ? GROUP BY b.event_id", orderNo)
}

func (b *books) bookings(ctx context.Context, where string, args ...any) ([]booking, error) {
	rows, err := b.ledger.QueryContext(ctx, selectBookings+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	defer func() { _ = rows.Close() }()
	found := []booking{}
	for rows.Next() {
		var r booking
		if err := rows.Scan(&r.EventID, &r.EventType, &r.OrderNo, &r.AmountFen, &r.At, &r.Seen, &r.Effects); err != nil {
			return nil, fmt.Errorf("read the ledger: %w", err)
		}
		r.Notices = len(b.wechat.Attempts(r.OrderNo))
		found = append(found, r)
	}
	return found, rows.Err()
}

// memberList are the members, the latest change first.
func (b *books) memberList(ctx context.Context) ([]member, error) {
	rows, err := b.members.QueryContext(ctx, `SELECT openid, phone, nickname, avatar_url, changes, last_event FROM members
		ORDER BY changed_at DESC LIMIT 20`)
	if err != nil {
		return nil, fmt.Errorf("read the member list: %w", err)
	}
	defer func() { _ = rows.Close() }()
	found := []member{}
	for rows.Next() {
		var m member
		if err := rows.Scan(&m.OpenID, &m.Phone, &m.Nickname, &m.AvatarURL, &m.Changes, &m.LastEvent); err != nil {
			return nil, fmt.Errorf("read the member list: %w", err)
		}
		found = append(found, m)
	}
	return found, rows.Err()
}

// serveBooks answers GET /demo/books.
func (b *books) serveBooks(c *fiber.Ctx) error {
	ledger, err := b.bookings(c.UserContext(), "GROUP BY b.event_id ORDER BY max(b.id) DESC LIMIT 20")
	if err != nil {
		return err
	}
	members, err := b.memberList(c.UserContext())
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"ledger": ledger, "members": members})
}

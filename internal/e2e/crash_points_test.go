//go:build linux

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/failpoint"
	"wgink.ink/wechat/internal/lanetest"
	"wgink.ink/wechat/internal/store"
)

// crash is one case: what happens, where it fails, and how.
type crash struct{ subject, place, kind string }

// crashes are the cases of a lane: all of them, or each place with an exit and each other kind somewhere.
func crashes(all bool) (cases []crash) {
	subjects := []string{paymentKind, refundKind, userKind}
	kinds := []string{"exit", "panic", "error", "delay 1500ms"} // longer than a lease
	if all {
		kinds[3] = "delay 3s"
	}
	for i, place := range []string{
		failpoint.BeforeInsert, failpoint.AfterInsert, failpoint.AfterCommit, failpoint.BeforeClaim, failpoint.AfterClaim,
		failpoint.BeforeCall, failpoint.AfterEffect, failpoint.BeforeDone, failpoint.TakeBack,
	} {
		for j, subject := range subjects {
			for k, kind := range kinds {
				if all || (k == 0 && j == i%3) || (k == 1+i%3 && j == (i+1)%3) {
					cases = append(cases, crash{subject, place, kind})
				}
			}
		}
	}
	return cases
}

// Wherever the host or the plugin fails on the way of an event, the event takes effect once.
func TestCrashPoints(t *testing.T) {
	t.Parallel()
	lanetest.Storm(t)
	program := failingBuild(t)
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		b := newBedOf(t, program, url)
		b.sim.HoldNotices(true)
		b.start()
		for i, c := range crashes(lanetest.Full()) {
			if c.place == failpoint.AfterInsert && c.subject != userKind && url[0] == 'p' {
				continue // there one statement is both
			}
			began := time.Now()
			require.True(t, b.crash(i, c), "%+v", c)
			t.Logf("%+v: over after %v", c, time.Since(began).Round(time.Millisecond))
		}
		e := b.holds()
		t.Logf("%d bookings, %d hand-overs, %d hosts", len(e.bookings), b.books.handovers(), len(b.runs))
	})
}

// crash plays one case and waits until its event has had its effect.
func (b *bed) crash(i int, c crash) bool {
	b.t.Helper()
	order, phone := orderNumber(i), fmt.Sprintf("phone-%d", i)
	send := func() bool { return b.enters(phone) }
	subject := b.sim.Phone(phone).OpenID()
	if c.subject != userKind {
		b.pay(order, int64(100+i))
		subject = order
		send = func() bool { return b.delivers(delivery{order: order}) }
	}
	if c.subject == refundKind {
		b.untilAlive(send)
		send = func() bool { return b.delivers(delivery{order: order, refund: 7}) }
	}
	if c.place == failpoint.TakeBack {
		b.arm(failpoint.AfterClaim, "exit")
	}
	b.arm(c.place, c.kind)
	b.untilAlive(send)
	return eventuallyTrue(limit, func() bool {
		if !b.host.running() {
			b.revive()
		}
		return !b.armed(c.place) && b.finished(c.subject, subject)
	})
}

// untilAlive sends until it is accepted, and starts the host again when it dies of it.
func (b *bed) untilAlive(send func() bool) {
	b.t.Helper()
	b.eventually(func() bool {
		if !b.host.running() {
			b.revive()
		}
		return send()
	}, "it is never accepted")
}

func (b *bed) delivers(d delivery) bool {
	if b.flood == nil {
		b.begin(0)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	accepted, err := b.flood.send(ctx, d)
	return accepted && err == nil
}

func (b *bed) enters(phone string) bool {
	code, err := b.sim.Phone(phone).Login(b.t.Context())
	if err != nil {
		return false
	}
	status, _, err := b.ask("/wechat/sign/default", map[string]string{"code": code})
	return err == nil && status == http.StatusOK
}

// finished tells whether the event of that kind about an order or a user is done and booked.
func (b *bed) finished(kind, subject string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var n int
	err := b.inbox.db.QueryRowContext(ctx, `SELECT count(*) FROM wechat_events AS e JOIN wechat_deliveries AS d ON d.event_id = e.id
		WHERE e.kind = '`+kind+`' AND e.subject = '`+subject+`' AND d.state = '`+store.Done+`'`).Scan(&n)
	return err == nil && n == 1 && b.books.booked(kind, subject) == 1
}

package wechat_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"wgink.ink/wechat"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/plugins/sdk"
)

// looks tells of each look for due rows, to those who listen.
type looks chan struct{}

// BeforeQuery tells.
func (l looks) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	if strings.Contains(e.Query, "s.wake_at < d.wake_at") {
		select {
		case l <- struct{}{}:
		default:
		}
	}
	return ctx
}

// AfterQuery does nothing.
func (looks) AfterQuery(context.Context, *bun.QueryEvent) {}

// stubborn does not heed its context.
type stubborn struct {
	begun chan struct{}
	until func() // what it waits for when it was cut
	ended atomic.Bool
}

// OnUserEvent handles nothing.
func (s *stubborn) OnUserEvent(ctx context.Context, _ *sdk.UserEvent) error {
	close(s.begun)
	<-ctx.Done()
	s.until()
	s.ended.Store(true)
	return ctx.Err()
}

// A handler that works on after Stop has cut its event is not joined by another host with the next event of the subject, nor
// by the next run on the same file; and what was cut comes first again.
func TestStopKeepsTheSubjectOfAHandlerThatStillRuns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		old, look := &stubborn{begun: make(chan struct{}), until: func() {}}, make(looks)
		b := newBedWith(t, url, nil, []wechat.Option{wechat.WithHandler("members", old)})
		if !b.db.SingleProcess() {
			old.until = func() { // another host has looked some times
				for range 5 {
					<-look
				}
			}
		}
		b.queueFor("members", "e1", "lan")
		<-old.begun
		b.queueFor("members", "e2", "lan")

		seen := make(chan string, 10)
		next := func() {
			m, err := wechat.New(b.config(url), wechat.WithTransport(b.sim.RoundTripper()), wechat.WithLogger(slog.New(slog.DiscardHandler)),
				wechat.WithDB(hostsPool(t, url).WithQueryHook(look)),
				wechat.WithHandler("members", onUser(func(e *sdk.UserEvent) {
					if !old.ended.Load() {
						seen <- "beside the other one"
					}
					seen <- e.EventID
				})))
			require.NoError(t, err)
			require.NoError(t, m.Start(t.Context()))
			t.Cleanup(func() { require.NoError(t, m.Stop(context.Background())) })
		}
		if !b.db.SingleProcess() {
			next()
		}
		ctx, cancel := context.WithTimeout(context.Background(), 6*time.Second) // of which the event has three and a half
		defer cancel()
		require.NoError(t, b.module.Stop(ctx))
		if b.db.SingleProcess() {
			next()
		}
		require.Equal(t, "e1", told(t, seen))
		require.Equal(t, "e2", told(t, seen))
	})
}

type onUser func(e *sdk.UserEvent)

// OnUserEvent calls the function.
func (f onUser) OnUserEvent(_ context.Context, e *sdk.UserEvent) error { f(e); return nil }

// queueFor queues an event of a user for one plugin.
func (b *bed) queueFor(plugin, id, subject string) {
	b.t.Helper()
	require.NoError(b.t, b.db.InTx(b.t.Context(), func(q store.Queries) error {
		_, err := q.InsertEvent(b.t.Context(), store.Event{
			ID: id, Kind: "user.created", BusinessKey: id, Subject: subject, Verdict: store.VerdictOK, Payload: []byte("{}"),
		})
		if err != nil {
			return err
		}
		return q.InsertDeliveries(b.t.Context(), id, subject, []string{plugin})
	}))
}

package wechat_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"wgink.ink/wechat"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/wechattest"
)

// panics makes what a host hands in panic at random.
type panics struct {
	on    atomic.Bool
	count atomic.Int64
	mu    sync.Mutex
	dice  *rand.Rand
}

const panicValue = "a panic's value may hold a payload"

func (p *panics) maybe(percent int) {
	if !p.on.Load() {
		return
	}
	p.mu.Lock()
	hit := p.dice.IntN(100) < percent
	p.mu.Unlock()
	if hit {
		p.count.Add(1)
		panic(panicValue)
	}
}

// panickingTransport panics before a call or after WeChat has done its part.
type panickingTransport struct {
	http.RoundTripper

	p *panics
}

func (t panickingTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.p.maybe(20)
	resp, err := t.RoundTripper.RoundTrip(req)
	t.p.maybe(20)
	return resp, err
}

type panickingHandler struct {
	slog.Handler

	p    *panics
	seen *sync.Map // message → stack
}

func (h panickingHandler) Handle(ctx context.Context, r slog.Record) error {
	h.p.maybe(5)
	if strings.HasPrefix(r.Message, "panic") {
		var text strings.Builder
		_ = slog.NewTextHandler(&text, nil).Handle(ctx, r)
		h.seen.Store(r.Message, text.String())
	}
	return h.Handler.Handle(ctx, r)
}

func (h panickingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.p.maybe(5)
	return panickingHandler{h.Handler.WithAttrs(attrs), h.p, h.seen}
}

// panickingHook panics before or after a statement, BEGIN and COMMIT among them.
type panickingHook struct{ p *panics }

func (h panickingHook) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	h.p.maybe(2)
	return ctx
}

func (h panickingHook) AfterQuery(context.Context, *bun.QueryEvent) { h.p.maybe(2) }

// hostsPool is a host's own pool as the module asks for it, small, so that connections which do not come back are missed.
func hostsPool(t *testing.T, databaseURL string) *bun.DB {
	t.Helper()
	if file, lite := strings.CutPrefix(databaseURL, "sqlite:"); lite {
		return sqlitePool(t, file+durableSQLite, 1)
	}
	db := postgresPool(t, toServer(databaseURL, map[string]any{"synchronous_commit": "on"}))
	db.SetMaxOpenConns(4)
	return db
}

// Whatever the host hands in panics at random, in the module's handlers and in its own goroutines: the host lives, callers
// get errors, and each payment is delivered.
func TestPanicsOfWhatTheHostHandsIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		_, dice := lanetest.Seeded(t, ".")
		p, seen := &panics{dice: dice}, &sync.Map{}
		b := newBedFrom(t, url, []wechattest.Option{wechattest.WithRetrySpeed(2000)}, func(b *bed) []wechat.Option {
			return []wechat.Option{
				wechat.WithTransport(panickingTransport{b.sim.RoundTripper(), p}),
				wechat.WithLogger(slog.New(panickingHandler{b.capture(), p, seen})),
				wechat.WithClock(func() time.Time { p.maybe(2); return time.Now() }),
				wechat.WithDB(hostsPool(t, url).WithQueryHook(panickingHook{p})),
			}
		})
		phone := b.sim.Phone("lan")
		const orders = 60
		p.on.Store(true)
		for i := range orders {
			terms := payment.PlaceOrder{
				OutTradeNo: fmt.Sprintf("order-%04d", i), Description: "一杯咖啡", AmountFen: 100, OpenID: phone.OpenID(),
			}
			var prepay payment.Prepay
			require.Eventually(t, func() (placed bool) {
				defer func() { _ = recover() }() // in the caller's own goroutine it is the caller's
				var err error
				prepay, err = b.module.Pay().PlaceOrder(context.Background(), terms)
				return err == nil
			}, time.Minute, time.Millisecond)
			require.NoError(t, phone.Pay(t.Context(), wechattest.Launch(prepay.Launch)))
		}
		b.allAccepted(orders)
		p.on.Store(false)
		require.Positive(t, p.count.Load(), "the negative control: there were panics")
		t.Logf("%d panics", p.count.Load())
		events := b.payEvents()
		require.Len(t, events, orders)
		for _, e := range events {
			b.awaitDone(e.ID)
		}
		seen.Range(func(message, text any) bool {
			require.Contains(t, text, "stack=", message)
			require.NotContains(t, text, panicValue, message)
			return true
		})
	})
}

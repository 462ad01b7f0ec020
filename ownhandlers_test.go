package wechat_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/plugins/sdk"
	"wgink.ink/wechat/wechattest"
)

// till asks the host about what it gets.
type till struct {
	host  *sdk.Host
	tells chan string
}

func (h *till) Start(_ context.Context, env sdk.Env) error {
	h.host = env.Host
	return nil
}

func (h *till) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error {
	order, err := h.host.QueryOrder(ctx, n.OutTradeNo)
	if err != nil {
		return err
	}
	byWeChat, err := h.host.QueryOrderByTransaction(ctx, n.TransactionID)
	if err != nil {
		return err
	}
	h.tells <- order.TradeState + " " + order.PayerOpenID + " " + byWeChat.OutTradeNo
	user, err := h.host.User(ctx, n.PayerOpenID)
	if err != nil {
		return err
	}
	h.tells <- user.OpenID
	if err := h.host.CloseOrder(ctx, n.OutTradeNo); !errors.Is(err, sdk.ErrPaid) {
		return err
	}
	if _, err := h.host.QueryOrder(ctx, "NOBODYS-ORDER"); !errors.Is(err, sdk.ErrNotFound) {
		return err
	}
	if _, err := h.host.User(ctx, "nobody"); !errors.Is(err, sdk.ErrNotFound) {
		return err
	}
	h.tells <- "refused as it should be"
	return nil
}

func told(t *testing.T, c <-chan string) string {
	t.Helper()
	select {
	case s := <-c:
		return s
	case <-time.After(20 * time.Second):
		require.FailNow(t, "nothing was told")
		return ""
	}
}

func TestOwnHandlersGetEventsAndAskTheHost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		users, payments := make(chan string, 10), make(chan string, 10)
		h := &till{tells: make(chan string, 10)}
		var tries atomic.Int32
		b := newBedWith(t, url, nil, []wechat.Option{
			wechat.WithHandler("till", h),
			wechat.OnUserEvent(func(_ context.Context, e *sdk.UserEvent) error {
				users <- e.EventType + " " + e.OpenID
				return nil
			}),
			wechat.OnPaymentNotice(func(_ context.Context, n *sdk.PaymentNotice) error {
				switch tries.Add(1) {
				case 1:
					panic("the first time")
				case 2:
					return sdk.RetryAfter(time.Millisecond, errors.New("the second time"))
				default:
					payments <- n.OutTradeNo
					return nil
				}
			}),
		})
		alice := b.sim.Phone("alice")
		b.logIn(alice)
		require.Equal(t, "user.created "+alice.OpenID(), told(t, users))
		prepay := b.place(alice, "ORDER-0001", 990)
		require.NoError(t, alice.Pay(t.Context(), wechattest.Launch(prepay.Launch)))
		require.NoError(t, b.sim.Settle(t.Context()))
		require.Equal(t, "SUCCESS "+alice.OpenID()+" ORDER-0001", told(t, h.tells))
		require.Equal(t, alice.OpenID(), told(t, h.tells))
		require.Equal(t, "refused as it should be", told(t, h.tells))
		require.Equal(t, "ORDER-0001", told(t, payments), "a panic and a retry later")
	})
}

// Stored events find their handler again after a restart, by its id.
func TestOwnHandlersFindTheirEventsAfterARestart(t *testing.T) {
	t.Parallel()
	url := dbtest.SQLite(t)
	var openid string
	t.Run("Before", func(t *testing.T) {
		b := newBedWith(t, url, nil, []wechat.Option{wechat.OnUserEvent(func(context.Context, *sdk.UserEvent) error {
			return sdk.RetryAfter(time.Millisecond, errors.New("not yet"))
		})})
		openid = b.sim.Phone("alice").OpenID()
		b.logIn(b.sim.Phone("alice"))
	})
	t.Run("After", func(t *testing.T) {
		users := make(chan string, 10)
		newBedWith(t, url, nil, []wechat.Option{wechat.OnUserEvent(func(_ context.Context, e *sdk.UserEvent) error {
			users <- e.OpenID
			return nil
		})})
		require.Equal(t, openid, told(t, users))
	})
}

func TestOwnHandlersAreChecked(t *testing.T) {
	t.Parallel()
	ignore := wechat.OnUserEvent(func(context.Context, *sdk.UserEvent) error { return nil })
	_, err := wechat.New(config.Config{Database: config.Database{URL: config.Secret(dbtest.SQLite(t)), Unsafe: true}}, wechat.WithLogger(slog.New(slog.DiscardHandler)), ignore, ignore,
		wechat.WithHandler("Bad id", &till{}), wechat.WithHandler("empty", &struct{}{}))
	require.ErrorContains(t, err, "handler on-user-event: another handler has that id already")
	require.ErrorContains(t, err, `"Bad id" is no id`)
	require.ErrorContains(t, err, "handler empty: *struct {} has none of the methods OnPayment")
}

// A plugin that is enabled later must not take a handler's id either: each would get the other's events.
func TestPluginsCannotTakeAnOwnHandlersID(t *testing.T) {
	t.Parallel()
	cfg := config.Config{Database: config.Database{URL: config.Secret(dbtest.SQLite(t)), Unsafe: true}}
	m, err := wechat.New(cfg, wechat.WithLogger(slog.New(slog.DiscardHandler)), wechat.WithHandler("till", &till{}))
	require.NoError(t, err)
	cfg.Plugins.Dir, cfg.Plugins.Enabled = t.TempDir(), map[string]config.Plugin{"till": {Version: "1.0.0"}}
	require.ErrorContains(t, m.ApplyPlugins(t.Context(), cfg), "plugins.enabled.till: a handler of the host's own has that id")
	require.NoError(t, m.Stop(t.Context()))
}

package plugintest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/plugins/sdk"
)

// shop is a plugin as business teams write them.
type shop struct {
	Prefix string `json:"prefix"`

	env     sdk.Env
	shipped map[string]int // by event
	careful bool           // about repeated events
}

func (s *shop) Start(_ context.Context, env sdk.Env) error {
	s.env, s.shipped = env, map[string]int{}
	return nil
}

func (s *shop) OnPayment(_ context.Context, n *sdk.PaymentNotice) error {
	if n.AmountFen == 0 {
		return sdk.Reject("a gift")
	}
	if s.careful && s.shipped[n.EventID] > 0 {
		return nil
	}
	s.shipped[n.EventID]++
	return nil
}

func (s *shop) OnRefund(_ context.Context, n *sdk.RefundNotice) error {
	return sdk.Reject(fmt.Sprintf("%s%s %s %d %s", s.Prefix, n.EventType, n.OutRefundNo, n.RefundFen, s.env.Secrets["TOKEN"]))
}

func (s *shop) OnUserEvent(ctx context.Context, e *sdk.UserEvent) error {
	u, err := s.env.Host.User(ctx, e.OpenID)
	if err != nil {
		return err
	}
	return sdk.Reject(u.Nickname)
}

func (s *shop) OnNotice(ctx context.Context, n *sdk.Notice) error {
	return s.env.Host.CloseOrder(ctx, fmt.Sprintf("%s-%d", n.Subject, n.Attempt))
}

func TestHarness(t *testing.T) {
	t.Parallel()
	fake := &FakeHost{}
	fake.PutUser(sdk.User{OpenID: "openid-1", Nickname: "小明"})
	s := &shop{careful: true}
	h := New(t, s, Config(map[string]any{"prefix": ">"}), Secrets(map[string]string{"TOKEN": "secret"}), Host(fake),
		State(func() any { return fmt.Sprint(s.shipped) }))

	require.Equal(t, Done, h.Pay(Payment()).Result)
	require.Equal(t, map[string]int{"payment|4200000000202605010000000001|ORDER-0001": 1}, s.shipped)
	free := Payment()
	free.AmountFen = 0
	require.Equal(t, "a gift", h.Pay(free).Message)
	out := h.Refund(Refund())
	require.Equal(t, Reject, out.Result)
	require.Equal(t, ">refund.succeeded REFUND-0001 990 ***", out.Message, "secrets are masked as a host masks them")
	require.Equal(t, "小明", h.User(User()).Message)
	fake.Fail(errors.New("down"))
	require.Equal(t, Retry, h.User(User()).Result)
}

// failures notes what a test kit reports, instead of failing the test.
type failures struct {
	testing.TB

	reports []string
}

func (f *failures) Errorf(format string, args ...any) {
	f.reports = append(f.reports, fmt.Sprintf(format, args...))
}

// The negative controls: handlers that business teams must not ship.
func TestCarelessHandlersAreFound(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T, s *shop, opts ...Option) (*Harness, *failures) {
		t.Helper()
		f := &failures{TB: t}
		return New(f, s, append(opts, State(func() any { return fmt.Sprint(s.shipped) }))...), f
	}
	t.Run("CountsEachDelivery", func(t *testing.T) {
		t.Parallel()
		s := &shop{}
		h, f := setup(t, s)
		require.Equal(t, Done, h.Pay(Payment()).Result)
		require.Len(t, f.reports, 1)
		require.Contains(t, f.reports[0], "had an effect of its own")
	})
	t.Run("AnotherEffectOnTheHost", func(t *testing.T) {
		t.Parallel()
		fake := &FakeHost{}
		fake.PutOrder(sdk.Order{OutTradeNo: "O-1"})
		fake.PutOrder(sdk.Order{OutTradeNo: "O-2"})
		h, f := setup(t, &shop{}, Host(fake))
		n := Notice()
		n.Subject = "O"
		require.Equal(t, Done, h.Notice(n).Result)
		require.Len(t, f.reports, 1)
		require.Contains(t, f.reports[0], `first ["CloseOrder O-1"], then ["CloseOrder O-2"]`)
	})
	t.Run("AnotherOutcome", func(t *testing.T) {
		t.Parallel()
		fake := &FakeHost{}
		fake.PutOrder(sdk.Order{OutTradeNo: "O-2"})
		h, f := setup(t, &shop{}, Host(fake))
		n := Notice()
		n.Subject = "O"
		require.Equal(t, Retry, h.Notice(n).Result)
		require.Contains(t, f.reports[0], "the first delivery was retry (handler: host: close order: not-found: not found), the second is done")
	})
	t.Run("OnceIsNotCompared", func(t *testing.T) {
		t.Parallel()
		s := &shop{}
		h, f := setup(t, s, Once())
		require.Equal(t, Done, h.Pay(Payment()).Result)
		require.Empty(t, f.reports)
	})
}

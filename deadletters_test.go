package wechat_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/plugins/sdk"
	"wgink.ink/wechat/wechattest"
)

// newBedOfTheDead has a handler, "till", that rejects every payment until mended is closed, and tells the ids it took then.
func newBedOfTheDead(t *testing.T, url string, opts ...wechat.Option) (b *bed, mended chan struct{}, taken chan string) {
	t.Helper()
	mended, taken = make(chan struct{}), make(chan string, 100)
	till := paymentHandler(func(_ context.Context, n *sdk.PaymentNotice) error {
		select {
		case <-mended:
			taken <- n.EventID
			return nil
		default:
			return sdk.Reject("out of paper")
		}
	})
	return newBedWith(t, url, nil, append(opts, wechat.WithHandler("till", till))), mended, taken
}

type paymentHandler func(ctx context.Context, n *sdk.PaymentNotice) error

func (f paymentHandler) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error { return f(ctx, n) }

// payAndDie pays so many orders and returns their dead letters, the newest first.
func (b *bed) payAndDie(n int) []wechat.DeadLetter {
	b.t.Helper()
	phone := b.sim.Phone("lan")
	for i := range n {
		b.pay(phone, orderNo(i))
	}
	var letters []wechat.DeadLetter
	require.Eventually(b.t, func() bool {
		var err error
		letters, err = b.module.DeadLetters(b.t.Context(), wechat.DeadLetterFilter{})
		return err == nil && len(letters) == n
	}, 20*time.Second, 5*time.Millisecond)
	return letters
}

func TestDeadLettersAreRequeued(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		b, mended, taken := newBedOfTheDead(t, url)
		ctx, m := t.Context(), b.module
		dead := b.payAndDie(3)
		require.Equal(t, "handler", dead[0].Code)
		require.Equal(t, "out of paper", dead[0].Reason)
		next, err := m.DeadLetters(ctx, wechat.DeadLetterFilter{Limit: 9, After: &dead[0]})
		require.NoError(t, err)
		require.Equal(t, dead[1:], next)
		depths, err := m.QueueDepths(ctx)
		require.NoError(t, err)
		require.Equal(t, []wechat.QueueDepth{{Plugin: "till", Dead: 3}}, depths)

		require.ErrorIs(t, m.Requeue(ctx, "none", "till"), wechat.ErrNotDead)
		require.ErrorIs(t, m.Requeue(ctx, dead[0].EventID, "other"), wechat.ErrNotDead)
		close(mended)
		require.NoError(t, m.Requeue(ctx, dead[0].EventID, "till"))
		require.Equal(t, dead[0].EventID, told(t, taken))
		n, err := m.RequeueAll(ctx, "till", "poison")
		require.NoError(t, err)
		require.Zero(t, n, "they died of something else")
		n, err = m.RequeueAll(ctx, "till", "handler")
		require.NoError(t, err)
		require.Equal(t, 2, n)
		require.ElementsMatch(t, []string{dead[1].EventID, dead[2].EventID}, []string{told(t, taken), told(t, taken)})
	})
}

func TestReplayTellsWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	b, mended, taken := newBedOfTheDead(t, dbtest.SQLite(t))
	ctx, m := t.Context(), b.module
	close(mended)
	b.pay(b.sim.Phone("lan"), orderNo(0))
	id := told(t, taken)
	b.awaitDone(id)

	e, err := m.Event(ctx, id)
	require.NoError(t, err)
	require.Equal(t, "payment.succeeded", e.Kind)
	require.Equal(t, "ok", e.Verdict)
	require.Len(t, e.Deliveries, 1)
	require.Equal(t, "done", e.Deliveries[0].State)
	require.Equal(t, 1, e.Deliveries[0].Attempts)
	payload, err := m.EventPayload(ctx, id)
	require.NoError(t, err)
	require.Contains(t, string(payload), orderNo(0))

	require.NoError(t, m.Replay(ctx, id, "till"))
	require.Equal(t, id, told(t, taken))
	require.ErrorIs(t, m.Replay(ctx, id, "tell"), wechat.ErrUnknownPlugin)
	require.ErrorContains(t, m.Replay(ctx, id, "tell"), "there are till")
	err = m.Replay(ctx, "none", "till")
	require.ErrorIs(t, err, wechat.ErrNotReplayed)
	require.ErrorIs(t, err, wechat.ErrUnknownEvent)
	_, err = m.Event(ctx, "none")
	require.ErrorIs(t, err, wechat.ErrUnknownEvent)
	_, err = m.EventPayload(ctx, "none")
	require.ErrorIs(t, err, wechat.ErrUnknownEvent)

	b.awaitDone(id)
	b.exec("UPDATE wechat_events SET verdict = 'amount' WHERE id = '" + id + "'")
	require.ErrorContains(t, m.Replay(ctx, id, "till"), "quarantined (amount)")
}

func orderNo(i int) string { return fmt.Sprintf("order-%04d", i) }

// pay places an order and pays it.
func (b *bed) pay(phone *wechattest.Phone, outTradeNo string) {
	b.t.Helper()
	require.NoError(b.t, phone.Pay(b.t.Context(), wechattest.Launch(b.place(phone, outTradeNo, 1).Launch)))
	require.NoError(b.t, b.sim.Settle(b.t.Context()))
}

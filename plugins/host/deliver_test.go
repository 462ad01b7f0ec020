package host

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/lanetest"
)

func TestDeliver(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.set("fulfil", func(p *config.Plugin) { p.Limits = config.Limits{Timeout: time.Second, Concurrency: 2} })
	h := s.ready(t)

	t.Run("Payment", func(t *testing.T) {
		raw := `{"out_trade_no":"no-1","success_time":"2026-05-01T10:00:00+08:00","amount":{"total":100}}`
		out := h.Deliver(t.Context(), "fulfil", Event{
			ID: "e1", Type: "payment.succeeded", Subject: "no-1", Attempt: 3, Compared: true, Payload: []byte(raw),
		})
		require.Equal(t, Outcome{
			Result: Reject, Code: "handler", Version: "1.4.0", Message: "e1 no-1 100 3 2026-05-01T02:00:00Z true " + raw,
		}, out)
	})
	t.Run("User", func(t *testing.T) {
		out := h.Deliver(t.Context(), "fulfil", Event{
			ID: "e1", Type: "user.phone_bound", Payload: []byte(`{"openid":"o1","phone":"13800138000","nickname":"小明"}`),
		})
		require.Equal(t, "user.phone_bound o1 13800138000 小明", out.Message)
	})
	t.Run("Raw", func(t *testing.T) {
		require.Equal(t, "TEST.EVENT s-e1", do(t, h, "e1", "echo").Message)
		require.Equal(t, Outcome{Result: Done, Version: "1.4.0"}, do(t, h, "e1", "nothing"))
	})
	t.Run("RetryAfter", func(t *testing.T) {
		require.Equal(t, Outcome{Result: Retry, After: 90 * time.Second, Code: "handler", Message: "later please", Version: "1.4.0"},
			do(t, h, "e1", "retry"))
	})
	t.Run("OtherErrorWithoutItsSecret", func(t *testing.T) {
		require.Equal(t, Outcome{Result: Retry, Code: "handler", Message: "token *** was refused", Version: "1.4.0"}, do(t, h, "e1", "fail"))
	})
	t.Run("PanicIsRecovered", func(t *testing.T) {
		require.Equal(t, Outcome{Result: Retry, Code: "panic", Message: "handler panicked: handler boom", Version: "1.4.0"}, do(t, h, "e1", "panic"))
		require.Equal(t, 1, h.List()[0].Starts)
	})
	t.Run("MalformedPayload", func(t *testing.T) {
		out := h.Deliver(t.Context(), "fulfil", Event{ID: "e1", Type: "payment.succeeded", Payload: []byte("[]")})
		require.Equal(t, Reject, out.Result)
		require.Equal(t, "payload", out.Code)
	})
	t.Run("TooLarge", func(t *testing.T) {
		ev := event("e1", "nothing")
		ev.Payload = []byte(`"` + strings.Repeat("x", 5<<20) + `"`)
		require.Equal(t, "too-large", h.Deliver(t.Context(), "fulfil", ev).Code)
	})
	t.Run("UnknownPlugin", func(t *testing.T) {
		require.Equal(t, NotReady, h.Deliver(t.Context(), "nobody", event("e1", "ok")).Result)
	})
	t.Run("CallerGivesUp", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan Outcome, 1)
		go func() { ended <- h.Deliver(ctx, "fulfil", event("e-give-up", "wait")) }()
		s.log.await(t, "entered")
		cancel()
		require.Equal(t, "cancelled", (<-ended).Code)
	})
	t.Run("DeadlineThenStillRunning", func(t *testing.T) {
		require.Equal(t, 2, h.Capacity("fulfil"))
		began := time.Now()
		out := do(t, h, "e-hang", "hang")
		require.Equal(t, Retry, out.Result)
		require.Equal(t, "deadline", out.Code)
		require.Equal(t, 2*time.Second, out.After)
		took := time.Since(began)
		require.GreaterOrEqual(t, took, time.Second)
		require.LessOrEqual(t, took, 1500*time.Millisecond+lanetest.Slack())
		require.Contains(t, do(t, h, "e-hang", "hang").Message, "still running")
		// The hanging handler keeps one of the plugin's two places: another two events at once do not fit.
		require.Eventually(t, func() bool {
			first := make(chan Outcome, 1)
			go func() { first <- h.Deliver(context.Background(), "fulfil", event("e-wait", "wait")) }()
			busy := false
			for {
				select {
				case out := <-first:
					return busy && out.Result == Retry // its handler heeds the context, and may answer just in time
				default:
					busy = busy || do(t, h, "e2", "nothing").Code == "busy"
				}
			}
		}, testLimit, time.Millisecond)
	})
}

func TestCapacity(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.set("fulfil", func(p *config.Plugin) { p.Limits.Concurrency = 1 })
	h := s.ready(t)
	require.Equal(t, 1, h.Capacity("fulfil"))
	require.Zero(t, h.Capacity("nobody"))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan Outcome, 1)
	go func() { ended <- h.Deliver(ctx, "fulfil", event("e1", "wait")) }()
	s.log.await(t, "entered")
	require.Zero(t, h.Capacity("fulfil"))
	require.Equal(t, Outcome{Result: NotReady, Code: "not-ready", Message: "the plugin takes no event now"},
		do(t, h, "e2", "nothing"))
	cancel()
	<-ended
	require.Equal(t, 1, h.Capacity("fulfil"))
}

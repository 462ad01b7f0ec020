package host

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/plugins/host/internal/sample"
	"wgink.ink/wechat/plugins/sdk"
)

// carrier is a way to run a handler.
type carrier struct {
	deliver func(ctx context.Context, ev Event) Outcome
	slots   func() int
	log     *logBook
}

const conformTimeout = 2 * time.Second

func conformServices() Services {
	return Services{
		QueryOrder: func(_ context.Context, outTradeNo, transactionID string) (*sdk.Order, error) {
			if outTradeNo == "s-unknown" {
				return nil, fault.New(fault.OrderNotFound, nil)
			}
			return &sdk.Order{OutTradeNo: outTradeNo, TransactionID: transactionID, TradeState: "SUCCESS", AmountFen: 990}, nil
		},
		CloseOrder: func(context.Context, string) error { return nil },
		User: func(_ context.Context, _, openid string) (*sdk.User, error) {
			return &sdk.User{OpenID: openid, Nickname: "小明"}, nil
		},
	}
}

// eachCarrier runs the test on the same handler as a process and in this one.
func eachCarrier(t *testing.T, test func(t *testing.T, c carrier)) {
	t.Helper()
	t.Run("Process", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "sample")
		s.services = conformServices()
		s.manifest(t, "fulfil", fmt.Sprintf("id: fulfil\nversion: 1.4.0\nprotocol: 1\nhandles: ['*']\nexecutables: {%s: bin/sample}\n"+
			"limits: {timeout: %v, concurrency: 2}\npermissions: [orders.read, users.read, orders.close]\n", platform(), conformTimeout))
		s.set("fulfil", func(p *config.Plugin) {
			p.Config, p.Grant = map[string]any{"greeting": "hello"}, []string{"orders.read", "users.read"}
		})
		h := s.ready(t)
		test(t, carrier{
			deliver: func(ctx context.Context, ev Event) Outcome {
				out := h.Deliver(ctx, "fulfil", ev)
				out.Version = "" // a handler in process has none
				return out
			},
			slots: func() int { return h.Slots("fulfil") }, log: s.log,
		})
	})
	t.Run("InProcess", func(t *testing.T) {
		t.Parallel()
		log := newLogBook()
		release := make(chan struct{})
		i, err := NewInProcess("fulfil", &sample.Handler{Release: release}, InProcessOptions{
			Logger: slog.New(log), Services: conformServices(), Granted: []string{"orders.read", "users.read"},
			Config: []byte(`{"greeting":"hello"}`), Secrets: map[string]string{"TOKEN": canary},
			Timeout: conformTimeout, Concurrency: 2,
		})
		require.NoError(t, err)
		require.NoError(t, i.Start(t.Context()))
		t.Cleanup(func() {
			close(release)
			ctx, cancel := context.WithTimeout(context.Background(), testLimit)
			defer cancel()
			require.NoError(t, i.Stop(ctx))
			require.NotContains(t, log.text(), "c4n4ry")
		})
		test(t, carrier{deliver: i.Deliver, slots: i.Slots, log: log})
	})
}

func otherNotice(id, what string) Event {
	ev := event(id, what)
	ev.Type = "notice.test"
	return ev
}

func typed(kind, payload string) Event {
	return Event{ID: "e1", Type: kind, Subject: "s-1", Attempt: 3, Compared: true, Replay: true, Payload: []byte(payload)}
}

// One table for both: what a handler does must mean the same wherever it runs.
func TestProcessesAndHandlersInProcessAgree(t *testing.T) {
	t.Parallel()
	table := map[string]struct {
		ev   Event
		want Outcome
	}{
		"Done":    {otherNotice("e1", "nothing"), Outcome{Result: Done}},
		"Error":   {otherNotice("e1", "fail"), Outcome{Result: Retry, Code: "handler", Message: "no ledger, token ***"}},
		"Retry":   {otherNotice("e1", "retry"), Outcome{Result: Retry, After: 90 * time.Second, Code: "handler", Message: "later please"}},
		"Reject":  {otherNotice("e1", "reject"), Outcome{Result: Reject, Code: "handler", Message: "never"}},
		"Panic":   {otherNotice("e1", "panic"), Outcome{Result: Retry, Code: "panic", Message: "handler panicked: handler boom"}},
		"Payment": {typed("payment.succeeded", `{"out_trade_no":"O-1","amount":{"total":990},"new":1}`), Outcome{Result: Reject, Code: "handler", Message: `hello O-1 990 3 true {"out_trade_no":"O-1","amount":{"total":990},"new":1}`}},
		"Refund":  {typed("refund.closed", `{"out_refund_no":"R-1","refund_status":"CLOSED","amount":{"total":9,"refund":5}}`), Outcome{Result: Reject, Code: "handler", Message: `refund.closed R-1 CLOSED 5 of 9 {"out_refund_no":"R-1","refund_status":"CLOSED","amount":{"total":9,"refund":5}}`}},
		"User":    {typed("user.created", `{"openid":"o1","nickname":"小明"}`), Outcome{Result: Reject, Code: "handler", Message: "user.created o1 小明 true"}},
		"BadJSON": {typed("payment.succeeded", `{`), Outcome{Result: Reject, Code: "payload", Message: "read payment notice: unexpected end of JSON input"}},
		"Query":   {otherNotice("e1", "query"), Outcome{Result: Reject, Code: "handler", Message: "s-e1 SUCCESS 990 true"}},
		"ByTrans": {otherNotice("e1", "transaction"), Outcome{Result: Reject, Code: "handler", Message: "s-e1"}},
		"NoOrder": {otherNotice("unknown", "query"), Outcome{Result: Retry, Code: "handler", Message: "host: query order: not-found: 订单不存在"}},
		"Denied":  {otherNotice("e1", "close"), Outcome{Result: Retry, Code: "handler", Message: "host: close order: permission-denied: the operator has not granted it"}},
		"GetUser": {otherNotice("e1", "user"), Outcome{Result: Reject, Code: "handler", Message: "s-e1 小明"}},
	}
	eachCarrier(t, func(t *testing.T, c carrier) {
		t.Helper()
		require.Equal(t, 2, c.slots())
		for name, tc := range table {
			require.Equal(t, tc.want, c.deliver(t.Context(), tc.ev), name)
		}
		require.Equal(t, Outcome{Result: Done}, c.deliver(t.Context(), otherNotice("e1", "nothing")), "a panic is survived")

		large := otherNotice("e1", strings.Repeat("x", 5<<20))
		require.Equal(t, "too-large", c.deliver(t.Context(), large).Code)
	})
}

// Both end at the time limit, whether the handler heeds it or not; and an event whose handler goes on is not let in again.
func TestProcessesAndHandlersInProcessHaveTheSameLimits(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, c carrier) {
		t.Helper()
		out := c.deliver(t.Context(), otherNotice("e1", "wait"))
		require.Equal(t, Retry, out.Result)
		require.Contains(t, []string{"deadline", "handler"}, out.Code, "whoever is faster")

		out = c.deliver(t.Context(), otherNotice("e2", "hang"))
		require.Equal(t, Retry, out.Result)
		require.Equal(t, "deadline", out.Code)
		require.Equal(t, 2*conformTimeout, out.After)
		again := c.deliver(t.Context(), otherNotice("e2", "nothing"))
		require.Equal(t, Retry, again.Result)
		require.Contains(t, again.Message, "still running")

		c.deliver(t.Context(), otherNotice("e3", "hang"))
		full := c.deliver(t.Context(), otherNotice("e4", "nothing"))
		require.Equal(t, NotReady, full.Result)
		require.Equal(t, "busy", full.Code)
	})
}

func TestProcessesAndHandlersInProcessAreCancelledAlike(t *testing.T) {
	t.Parallel()
	eachCarrier(t, func(t *testing.T, c carrier) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		outcome := make(chan Outcome, 1)
		go func() { outcome <- c.deliver(ctx, otherNotice("e1", "hang")) }()
		c.log.await(t, "entered")
		cancel()
		out := <-outcome
		require.Equal(t, NotReady, out.Result)
		require.Equal(t, "cancelled", out.Code)
	})
}

func TestHandlersInProcessAreChecked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		id      string
		handler any
		config  string
		problem string
	}{
		"NoMethods": {"fulfil", &struct{}{}, "", "has none of the methods OnPayment"},
		"Nil":       {"fulfil", nil, "", "needs a handler"},
		"BadID":     {"Fulfil!", &sample.Handler{}, "", "is no id"},
		"BadConfig": {"fulfil", &sample.Handler{}, `{"greting":""}`, `unknown key "greting"; the plugin knows: greeting`},
	} {
		i, err := NewInProcess(tc.id, tc.handler, InProcessOptions{Config: []byte(tc.config)})
		if err == nil {
			err = i.Start(t.Context())
		}
		require.ErrorContains(t, err, tc.problem, name)
	}
	i, err := NewInProcess("fulfil", &sample.Handler{}, InProcessOptions{})
	require.NoError(t, err)
	require.Zero(t, i.Slots())
	require.Equal(t, NotReady, i.Deliver(t.Context(), otherNotice("e1", "nothing")).Result, "before Start")
	require.NoError(t, i.Stop(t.Context()), "before Start")
	require.True(t, i.Handles("refund.closed"))
	only, err := NewInProcess("fulfil", paymentsOnly{}, InProcessOptions{})
	require.NoError(t, err)
	require.True(t, only.Handles("payment.succeeded"))
	require.False(t, only.Handles("refund.closed"))
	require.NoError(t, only.Start(t.Context()))
	require.NoError(t, only.Stop(t.Context()))
	require.Equal(t, NotReady, only.Deliver(t.Context(), payment("e1")).Result, "after Stop")
}

type paymentsOnly struct{}

func (paymentsOnly) OnPayment(context.Context, *sdk.PaymentNotice) error { return nil }

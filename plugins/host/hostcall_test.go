package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
	"wgink.ink/wechat/plugins/sdk"
)

// asking is a scene whose plugin asks for every permission and is granted some.
func asking(t *testing.T, services Services, granted ...string) *scene {
	t.Helper()
	s := newScene(t, "plugin")
	manifest := filepath.Join(s.folder("fulfil"), ManifestName)
	text, err := os.ReadFile(manifest)
	require.NoError(t, err)
	s.manifest(t, "fulfil", string(text)+"permissions: [orders.read, orders.close, users.read]\n")
	s.services = services
	s.set("fulfil", func(p *config.Plugin) { p.Grant = granted })
	return s
}

func TestPluginAsksItsHost(t *testing.T) {
	t.Parallel()
	var closed []string
	s := asking(t, Services{
		QueryOrder: func(_ context.Context, outTradeNo, _ string) (*sdk.Order, error) {
			return &sdk.Order{OutTradeNo: outTradeNo, TradeState: "NOTPAY", AmountFen: 990}, nil
		},
		CloseOrder: func(_ context.Context, outTradeNo string) error {
			closed = append(closed, outTradeNo)
			return nil
		},
		User: func(_ context.Context, _, openid string) (*sdk.User, error) {
			return nil, fmt.Errorf("look up %s: %w", openid, sdk.ErrNotFound)
		},
	}, "orders.read", "orders.close", "users.read")
	h := s.ready(t)
	require.Contains(t, do(t, h, "e1", "query").Message, "OutTradeNo:s-e1")
	require.Contains(t, do(t, h, "e2", "close").Message, "<nil>")
	require.Equal(t, []string{"s-e2"}, closed)
	require.Contains(t, do(t, h, "e3", "user").Message, "host: user: not-found")

	record := s.log.await(t, "plugin called the host")
	require.Equal(t, "QueryOrder", record["call"])
	require.Equal(t, "ok", record["result"])
	var audit string
	for line := range strings.Lines(s.log.text()) {
		if strings.Contains(line, `"call":"CloseOrder"`) {
			audit = line
		}
	}
	for _, part := range []string{`"level":"INFO"`, `"plugin":"fulfil"`, `"event":"e2"`, `"event_under_way":true`, `"out_trade_no":"s-e2"`} {
		require.Contains(t, audit, part)
	}
}

func TestWhatIsNotGrantedIsDeniedAndRecorded(t *testing.T) {
	t.Parallel()
	s := asking(t, Services{
		QueryOrder: func(context.Context, string, string) (*sdk.Order, error) { return &sdk.Order{}, nil },
		CloseOrder: func(context.Context, string) error { panic("must not be reached") },
	}, "orders.read")
	h := s.ready(t)
	require.Contains(t, do(t, h, "e1", "query").Message, "<nil>")
	require.Contains(t, do(t, h, "e2", "close").Message, "host: close order: permission-denied: the operator has not granted it denied=true")
	require.Contains(t, s.log.text(), `"call":"CloseOrder","result":"permission-denied","event":"e2"`)
	require.Contains(t, do(t, h, "e3", "user").Message, "permission-denied", "not offered and not granted: nothing is told")
}

// inProcess starts a handler whose every call goes through the guard.
func inProcess(t *testing.T, handler any, opts InProcessOptions) *InProcess {
	t.Helper()
	i, err := NewInProcess("local", handler, opts)
	require.NoError(t, err)
	require.NoError(t, i.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testLimit)
		defer cancel()
		require.NoError(t, i.Stop(ctx))
	})
	return i
}

type asker struct {
	env  sdk.Env
	call func(ctx context.Context, h *sdk.Host) error
	got  error
}

func (a *asker) Start(_ context.Context, env sdk.Env) error { a.env = env; return nil }

func (a *asker) OnPayment(ctx context.Context, _ *sdk.PaymentNotice) error {
	a.got = a.call(ctx, a.env.Host)
	return nil
}

func payment(id string) Event {
	return Event{ID: id, Type: "payment.succeeded", Subject: "s-" + id, Attempt: 1, OccurredAt: time.Now(), Payload: []byte("{}")}
}

// What the services fail with reaches the plugin as a stable code, and nothing else of it does.
func TestHostErrorsAreCodes(t *testing.T) {
	t.Parallel()
	cause := errors.New("pq: password " + canary)
	for name, tc := range map[string]struct {
		err  error
		code string
		is   error
	}{
		"NotFound":      {fault.New(fault.OrderNotFound, cause), "not-found", sdk.ErrNotFound},
		"Paid":          {fault.New(fault.OrderPaid, cause), "order-paid", sdk.ErrPaid},
		"Mismatch":      {fault.New(fault.OrderMismatch, cause), "order-mismatch", sdk.ErrMismatch},
		"Invalid":       {fault.New(fault.OrderInvalid, cause), "bad-request", sdk.ErrInvalid},
		"WeChatDown":    {fault.New(fault.WeChatUnavailable, cause), "wechat-unavailable", sdk.ErrUnavailable},
		"StorageDown":   {fault.New(fault.StorageDown, cause), "storage-down", sdk.ErrUnavailable},
		"WeChatRefuses": {fault.New(fault.WeChatRefused, cause), "wechat-refused", sdk.ErrRefused},
		"WeChatIsBusy":  {fault.New(fault.TooManyRequests, cause), "too-many-requests", sdk.ErrBusy},
		"Deadline":      {fmt.Errorf("%w: %w", context.DeadlineExceeded, cause), "deadline", context.DeadlineExceeded},
		"Defect":        {cause, "internal", nil},
		"ErrNotFound":   {fmt.Errorf("%w: %w", sdk.ErrNotFound, cause), "not-found", sdk.ErrNotFound},
		"ErrPaid":       {fmt.Errorf("%w: %w", sdk.ErrPaid, cause), "order-paid", sdk.ErrPaid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &asker{call: func(ctx context.Context, h *sdk.Host) error { return h.CloseOrder(ctx, "ORDER-1") }}
			i := inProcess(t, a, InProcessOptions{
				Granted: Permissions(), Services: Services{CloseOrder: func(context.Context, string) error { return tc.err }},
			})
			require.Equal(t, Done, i.Deliver(t.Context(), payment("e1")).Result)
			failed, ok := errors.AsType[*sdk.HostError](a.got)
			require.True(t, ok, "%v", a.got)
			require.Equal(t, tc.code, failed.Code)
			require.NotContains(t, a.got.Error(), "c4n4ry")
			if tc.is == nil {
				require.NoError(t, errors.Unwrap(failed))
			} else {
				require.ErrorIs(t, a.got, tc.is)
			}
		})
	}
}

// What cannot be a user's or an app's id never comes near the database.
func TestUsersAreLookedUpByPlausibleIDs(t *testing.T) {
	t.Parallel()
	var asked []string
	service := hostService{services: Services{User: func(_ context.Context, _, openid string) (*sdk.User, error) {
		asked = append(asked, openid)
		return &sdk.User{}, nil
	}}}
	longest := strings.Repeat("微", openidMax)
	for _, openid := range []string{"o6_bmjrPTlm6_2sgVt7hMZOPfL2M", longest} {
		_, err := service.GetUser(t.Context(), &pluginv1.GetUserRequest{Openid: openid, Appid: strings.Repeat("w", appidMax)})
		require.NoError(t, err)
	}
	for _, req := range []*pluginv1.GetUserRequest{
		{}, {Openid: longest + "x"}, {Openid: "o\x00"}, {Openid: "o\n"}, {Openid: "o\u202e"},
		{Openid: "o1", Appid: strings.Repeat("w", appidMax+1)}, {Openid: "o1", Appid: "w\x1b"},
	} {
		_, err := service.GetUser(t.Context(), req)
		require.Error(t, err, "%q", req.String())
		require.Equal(t, "bad-request", newCallFailure(err).code)
	}
	require.Equal(t, []string{"o6_bmjrPTlm6_2sgVt7hMZOPfL2M", longest}, asked)
}

func TestHostCallEndsWithItsEvent(t *testing.T) {
	t.Parallel()
	var limit time.Duration
	a := &asker{call: func(_ context.Context, h *sdk.Host) error {
		// A context without the event's deadline, as an author who makes one of their own has it.
		_, err := h.User(context.Background(), "openid-1")
		return err
	}}
	i := inProcess(t, a, InProcessOptions{
		Granted: Permissions(), Timeout: 5 * time.Second,
		Services: Services{User: func(ctx context.Context, _, _ string) (*sdk.User, error) {
			deadline, ok := ctx.Deadline()
			if !ok {
				return nil, errors.New("no deadline")
			}
			limit = time.Until(deadline)
			return &sdk.User{}, nil
		}},
	})
	require.Equal(t, Done, i.Deliver(t.Context(), payment("e1")).Result)
	require.NoError(t, a.got)
	require.LessOrEqual(t, limit, 5*time.Second)
}

// A call that names its event is cut to the event's own deadline, not to a fresh one.
func TestHostCallIsCutToTheEventsDeadline(t *testing.T) {
	t.Parallel()
	events := newUnderWay()
	end := time.Now().Add(time.Minute)
	defer events.enter("e1", end)()
	g := &guard{timeout: time.Hour, events: events, granted: Permissions(), allowed: newAllowance(time.Now())}
	check := func(ctx context.Context, _ any) (any, error) {
		deadline, _ := ctx.Deadline()
		return deadline, nil
	}
	for event, want := range map[string]func(time.Time){
		"e1":   func(got time.Time) { require.Equal(t, end, got) },
		"else": func(got time.Time) { require.Greater(t, time.Until(got), 50*time.Minute) },
	} {
		got, err := g.call(t.Context(), closeCall(), closeRequest(event), check)
		require.NoError(t, err)
		want(got.(time.Time))
	}
}

func closeCall() wire.Call {
	return wire.Calls()[slices.IndexFunc(wire.Calls(), func(c wire.Call) bool { return c.Feature == "CloseOrder" })]
}

func closeRequest(event string) *pluginv1.CloseOrderRequest {
	return &pluginv1.CloseOrderRequest{EventId: event}
}

func TestPanicInAServiceIsTheHostsMatter(t *testing.T) {
	t.Parallel()
	a := &asker{call: func(ctx context.Context, h *sdk.Host) error { return h.CloseOrder(ctx, "ORDER-1") }}
	i := inProcess(t, a, InProcessOptions{
		Granted: Permissions(), Services: Services{CloseOrder: func(context.Context, string) error { panic(canary) }},
	})
	require.Equal(t, Done, i.Deliver(t.Context(), payment("e1")).Result)
	require.ErrorContains(t, a.got, "internal")
	require.NotContains(t, a.got.Error(), "c4n4ry")
	require.Equal(t, Done, i.Deliver(t.Context(), payment("e2")).Result, "and life goes on")
}

func TestCallsAreLimited(t *testing.T) {
	t.Parallel()
	start := time.Now()
	r := newRate(callsPerSecond, callsAtOnce, start)
	allowed := func(at time.Time) (n int) {
		for r.allow(at) {
			n++
		}
		return n
	}
	require.Equal(t, callsAtOnce, allowed(start))
	require.Equal(t, callsPerSecond/2, allowed(start.Add(time.Second/2)))
	require.Zero(t, allowed(start), "a clock that goes back gives nothing")
	require.Equal(t, callsAtOnce, allowed(start.Add(time.Hour)), "a long pause does not add up")

	empty := &guard{granted: Permissions(), timeout: time.Second, events: newUnderWay(), allowed: &allowance{calls: &rate{at: time.Now().Add(time.Hour)}}}
	_, err := empty.call(t.Context(), closeCall(), closeRequest("e1"), nil)
	require.ErrorIs(t, err, errRate)
	require.Equal(t, "rate-limited", newCallFailure(err).code)
}

// What a plugin gives for a number does not fill the host's log, and forges no line of it.
func TestNumbersInTheAuditAreBounded(t *testing.T) {
	t.Parallel()
	book := newLogBook()
	a := &asker{call: func(ctx context.Context, h *sdk.Host) error {
		return h.CloseOrder(ctx, "ORDER\x1b[2J\n"+strings.Repeat("y", requestMax/2))
	}}
	i := inProcess(t, a, InProcessOptions{Logger: slog.New(book)})
	require.Equal(t, Done, i.Deliver(t.Context(), payment("e1")).Result)
	record := book.await(t, "plugin called the host")
	require.Contains(t, record["out_trade_no"], `ORDER\u001b[2J\nyyy`)
	require.Less(t, len(book.text()), 2*numberMax+500)
}

// A plugin that ends itself, or is swapped, does not get a fresh allowance with each process.
func TestCallsAreLimitedOverAllProcessesOfAPlugin(t *testing.T) {
	t.Parallel()
	s := asking(t, Services{}, "orders.read")
	h := s.ready(t)
	h.roster()["fulfil"].allowed.calls.at = time.Now().Add(time.Hour) // nothing comes back
	h.roster()["fulfil"].allowed.calls.tokens = 0
	require.Contains(t, do(t, h, "e1", "query").Message, "rate-limited")
	require.NoError(t, h.Reload(t.Context(), "fulfil"))
	require.Contains(t, do(t, h, "e2", "query").Message, "rate-limited")
}

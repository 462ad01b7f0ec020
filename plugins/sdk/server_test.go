package sdk

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wgink.ink/wechat/plugins/pluginv1"
)

// recorder is a handler with everything; its functions are set by each test.
type recorder struct {
	Greeting string `json:"greeting"`

	payment func(ctx context.Context, n *PaymentNotice) error
	user    func(ctx context.Context, e *UserEvent) error
	notice  func(ctx context.Context, n *Notice) error
	start   func(ctx context.Context, env Env) error
	stop    func(ctx context.Context) error
}

func (r *recorder) OnPayment(ctx context.Context, n *PaymentNotice) error { return r.payment(ctx, n) }
func (r *recorder) OnUserEvent(ctx context.Context, e *UserEvent) error   { return r.user(ctx, e) }
func (r *recorder) OnNotice(ctx context.Context, n *Notice) error         { return r.notice(ctx, n) }
func (r *recorder) Version() string                                       { return "1.2.3" }

func (r *recorder) Start(ctx context.Context, env Env) error {
	if r.start == nil {
		return nil
	}
	return r.start(ctx, env)
}

func (r *recorder) Stop(ctx context.Context) error {
	if r.stop == nil {
		return nil
	}
	return r.stop(ctx)
}

type client struct {
	pluginv1.PluginServiceClient
	pluginv1.PaymentNoticeHandlerServiceClient
	pluginv1.UserSyncHandlerServiceClient
	pluginv1.NoticeHandlerServiceClient
}

// connect serves the handler over gRPC in memory.
func connect(t *testing.T, handler any) client {
	t.Helper()
	s, err := newServer(handler, slog.New(slog.NewJSONHandler(t.Output(), nil)))
	require.NoError(t, err)
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	s.register(server)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:plugin", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		server.Stop()
		require.NoError(t, <-served)
	})
	return client{
		pluginv1.NewPluginServiceClient(conn), pluginv1.NewPaymentNoticeHandlerServiceClient(conn),
		pluginv1.NewUserSyncHandlerServiceClient(conn), pluginv1.NewNoticeHandlerServiceClient(conn),
	}
}

func configured(t *testing.T, handler any, concurrency uint32) client {
	t.Helper()
	c := connect(t, handler)
	_, err := c.Configure(t.Context(), &pluginv1.ConfigureRequest{MaxConcurrency: concurrency})
	require.NoError(t, err)
	return c
}

func pay(ctx context.Context, c client, id string) (*pluginv1.Outcome, error) {
	resp, err := c.HandlePaymentNotice(ctx, &pluginv1.HandlePaymentNoticeRequest{
		Delivery: &pluginv1.Delivery{EventId: id},
	})
	return resp.GetOutcome(), err
}

func TestHandlersGetTypedEvents(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	d := Delivery{EventID: "e1", EventType: "t", Subject: "s", Attempt: 2, OccurredAt: at, Replay: true}
	wire := &pluginv1.Delivery{
		EventId: "e1", EventType: "t", Subject: "s", Attempt: 2, OccurredAt: timestamppb.New(at), Replay: true,
	}
	var gotPayment *PaymentNotice
	var gotUser *UserEvent
	var gotNotice *Notice
	c := configured(t, &recorder{
		payment: func(_ context.Context, n *PaymentNotice) error { gotPayment = n; return nil },
		user:    func(_ context.Context, e *UserEvent) error { gotUser = e; return nil },
		notice:  func(_ context.Context, n *Notice) error { gotNotice = n; return nil },
	}, 8)

	_, err := c.HandlePaymentNotice(t.Context(), &pluginv1.HandlePaymentNoticeRequest{Delivery: wire,
		Notice: &pluginv1.PaymentNotice{
			Mchid: "1", Appid: "2", OutTradeNo: "3", TransactionId: "4", TradeType: "5", TradeState: "6",
			TradeStateDesc: "7", BankType: "8", Attach: "9", SuccessAt: timestamppb.New(at), TotalFen: 10,
			PayerTotalFen: 11, Currency: "CNY", PayerOpenid: "12", Compared: true, RawJson: []byte("{}"),
		}})
	require.NoError(t, err)
	require.Equal(t, &PaymentNotice{
		Delivery: d, MchID: "1", AppID: "2", OutTradeNo: "3", TransactionID: "4", TradeType: "5", TradeState: "6",
		TradeStateDesc: "7", BankType: "8", Attach: "9", SuccessAt: at, AmountFen: 10, PayerAmountFen: 11,
		Currency: "CNY", PayerOpenID: "12", Compared: true, RawJSON: []byte("{}"),
	}, gotPayment)

	_, err = c.HandleUserEvent(t.Context(), &pluginv1.HandleUserEventRequest{Delivery: wire, Event: &pluginv1.UserEvent{
		Appid: "1", Openid: "2", Unionid: "3", AccountId: "4", Phone: "5", Nickname: "6", AvatarUrl: "7", RawJson: []byte("{}"),
	}})
	require.NoError(t, err)
	require.Equal(t, &UserEvent{
		Delivery: d, AppID: "1", OpenID: "2", UnionID: "3", AccountID: "4", Phone: "5", Nickname: "6", AvatarURL: "7",
		RawJSON: []byte("{}"),
	}, gotUser)

	_, err = c.HandleNotice(t.Context(), &pluginv1.HandleNoticeRequest{
		Delivery: wire, Notice: &pluginv1.Notice{WechatEventType: "REFUND.SUCCESS", Compared: true, RawJson: []byte("{}")},
	})
	require.NoError(t, err)
	require.Equal(t, &Notice{Delivery: d, WeChatType: "REFUND.SUCCESS", Compared: true, RawJSON: []byte("{}")}, gotNotice)
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	cause := errors.New("database is down")
	for name, tc := range map[string]struct {
		err  error
		want *pluginv1.Outcome
	}{
		"done":       {nil, &pluginv1.Outcome{Result: &pluginv1.Outcome_Done{Done: &pluginv1.Done{}}}},
		"reject":     {Reject("no such order"), reject("no such order")},
		"wrapped":    {errors.Join(Reject("no such order")), reject("no such order")},
		"error":      {cause, again(0, "database is down")},
		"retryAfter": {RetryAfter(time.Minute, cause), again(time.Minute, "database is down")},
		"nilCause":   {RetryAfter(time.Minute, nil), again(time.Minute, "retry after 1m0s")},
		"negative":   {RetryAfter(-time.Minute, cause), again(0, "database is down")},
		"notUTF8":    {errors.New("bad \xff byte"), again(0, "bad \uFFFD byte")},
		"long":       {errors.New(strings.Repeat("x", 5000)), again(0, strings.Repeat("x", maxText)+"…")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := configured(t, &recorder{payment: func(context.Context, *PaymentNotice) error { return tc.err }}, 1)
			got, err := pay(t.Context(), c, "e1")
			require.NoError(t, err)
			require.Equal(t, tc.want.String(), got.String())
		})
	}
}

func reject(reason string) *pluginv1.Outcome {
	return &pluginv1.Outcome{Result: &pluginv1.Outcome_Reject{Reject: &pluginv1.Reject{Reason: reason}}}
}

func again(after time.Duration, message string) *pluginv1.Outcome {
	r := &pluginv1.Retry{Message: message}
	if after > 0 {
		r.After = durationpb.New(after)
	}
	return &pluginv1.Outcome{Result: &pluginv1.Outcome_Retry{Retry: r}}
}

func TestPanicIsInternalAndLeavesTheGate(t *testing.T) {
	t.Parallel()
	c := configured(t, &recorder{payment: func(context.Context, *PaymentNotice) error { panic("boom") }}, 1)
	for range 3 {
		_, err := pay(t.Context(), c, "e1")
		require.Equal(t, codes.Internal, status.Code(err))
		require.ErrorContains(t, err, "handler panicked: boom")
	}
}

// blankError is what authors return by mistake: a nil pointer of their own type, which is not nil.
type blankError struct{ text string }

func (e *blankError) Error() string { return e.text }

// Turning the handler's error into words is the author's code as well: it must not end the process.
func TestErrorThatPanicsIsAPanicOfTheHandler(t *testing.T) {
	t.Parallel()
	for _, wrong := range []error{(*blankError)(nil), (*RejectError)(nil), (*RetryError)(nil)} {
		c := configured(t, &recorder{payment: func(context.Context, *PaymentNotice) error { return wrong }}, 1)
		for range 2 {
			_, err := pay(t.Context(), c, "e1")
			require.Equal(t, codes.Internal, status.Code(err), "%T", wrong)
			require.ErrorContains(t, err, "handler panicked: ")
		}
		c = connect(t, &recorder{start: func(context.Context, Env) error { return wrong }})
		_, err := c.Configure(t.Context(), &pluginv1.ConfigureRequest{})
		require.Equal(t, codes.FailedPrecondition, status.Code(err), "%T", wrong)
		require.ErrorContains(t, err, "Start panicked: ")
	}
}

// A call that has ended before the event is inside has no effect: the host may have given the event to another process.
func TestEndedCallReachesNoHandler(t *testing.T) {
	t.Parallel()
	s, err := newServer(&recorder{notice: func(context.Context, *Notice) error { panic("reached") }}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	s.gate.open(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.HandleNotice(ctx, &pluginv1.HandleNoticeRequest{Delivery: &pluginv1.Delivery{EventId: "e1"}})
	require.Equal(t, codes.Canceled, status.Code(err))
	_, running, _ := s.gate.status()
	require.Zero(t, running)
}

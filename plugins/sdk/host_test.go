package sdk

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"wgink.ink/wechat/plugins/pluginv1"
)

// pretendedHost answers calls without a connection.
type pretendedHost struct {
	grpc.ClientConnInterface

	answer func(method string, args, reply any, opts []grpc.CallOption) error
}

func (p pretendedHost) Invoke(_ context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	return p.answer(method, args, reply, opts)
}

func hostOf(answer func(method string, args, reply any, opts []grpc.CallOption) error) *Host {
	return &Host{client: pluginv1.NewHostServiceClient(pretendedHost{answer: answer})}
}

// A call carries the event its context belongs to, and nothing when it belongs to none.
func TestHostCallsNameTheirEvent(t *testing.T) {
	t.Parallel()
	var events []string
	h := hostOf(func(_ string, args, _ any, _ []grpc.CallOption) error {
		events = append(events, args.(interface{ GetEventId() string }).GetEventId())
		return nil
	})
	s, err := newServer(&recorder{payment: func(ctx context.Context, _ *PaymentNotice) error {
		_, err1 := h.QueryOrder(ctx, "O-1")
		_, err2 := h.QueryOrderByTransaction(ctx, "T-1")
		_, err3 := h.User(ctx, "openid")
		return errors.Join(err1, err2, err3, h.CloseOrder(ctx, "O-1"), h.CloseOrder(context.Background(), "O-2"))
	}}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	s.gate.open(1)
	out, err := s.HandlePaymentNotice(t.Context(), &pluginv1.HandlePaymentNoticeRequest{Delivery: &pluginv1.Delivery{EventId: "e1"}})
	require.NoError(t, err)
	require.NotNil(t, out.GetOutcome().GetDone(), "%v", out)
	require.Equal(t, []string{"e1", "e1", "e1", "e1", ""}, events)
}

func TestHostAnswersAreConverted(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	h := hostOf(func(_ string, _, reply any, _ []grpc.CallOption) error {
		switch r := reply.(type) {
		case *pluginv1.QueryOrderResponse:
			r.Order = &pluginv1.Order{
				Mchid: "1", Appid: "2", OutTradeNo: "3", TransactionId: "4", TradeState: "REFUND", Description: "6", Attach: "7",
				TotalFen: 8, PayerTotalFen: 9, Currency: "CNY", PayerOpenid: "10", TradeType: "11", BankType: "12",
				SuccessAt: timestamppb.New(at),
			}
		case *pluginv1.GetUserResponse:
			r.User = &pluginv1.User{
				Appid: "1", Openid: "2", Unionid: "3", AccountId: "4", Phone: "5", Nickname: "6", AvatarUrl: "7",
			}
		}
		return nil
	})
	o, err := h.QueryOrder(t.Context(), "3")
	require.NoError(t, err)
	require.Equal(t, &Order{
		MchID: "1", AppID: "2", OutTradeNo: "3", TransactionID: "4", TradeState: "REFUND", Description: "6", Attach: "7",
		AmountFen: 8, PayerAmountFen: 9, Currency: "CNY", PayerOpenID: "10", TradeType: "11", BankType: "12", SuccessAt: at,
	}, o)
	require.True(t, o.Paid())
	u, err := h.User(t.Context(), "2")
	require.NoError(t, err)
	require.Equal(t, &User{AppID: "1", OpenID: "2", UnionID: "3", AccountID: "4", Phone: "5", Nickname: "6", AvatarURL: "7"}, u)
}

// A host that is older or newer, or gone, still gives errors that can be told apart.
func TestHostErrorsWithoutACode(t *testing.T) {
	t.Parallel()
	for code, want := range map[codes.Code]struct {
		code string
		is   error
	}{
		codes.Unimplemented:     {"unsupported", ErrUnsupported},
		codes.ResourceExhausted: {"bad-request", ErrInvalid},
		codes.DeadlineExceeded:  {"deadline", context.DeadlineExceeded},
		codes.Canceled:          {"cancelled", context.Canceled},
		codes.Unavailable:       {"host-unavailable", ErrUnavailable},
		codes.DataLoss:          {"internal", nil},
	} {
		h := hostOf(func(string, any, any, []grpc.CallOption) error { return status.Error(code, "says the transport") })
		err := h.CloseOrder(t.Context(), "O-1")
		require.EqualError(t, err, "host: close order: "+want.code+": says the transport")
		if want.is == nil {
			require.NoError(t, errors.Unwrap(err))
		} else {
			require.ErrorIs(t, err, want.is)
		}
	}
	newer := hostError("close order", status.Error(codes.FailedPrecondition, "?"), metadata.Pairs("wechat-error-code", "order-frozen"))
	require.EqualError(t, newer, "host: close order: order-frozen: ?")
}

// A handler under test, and one whose host offers nothing, can call without looking first.
func TestHostThatIsNone(t *testing.T) {
	t.Parallel()
	for _, h := range []*Host{nil, {}} {
		_, err := h.QueryOrder(t.Context(), "O-1")
		require.ErrorIs(t, err, ErrUnsupported)
		_, err = h.User(t.Context(), "openid")
		require.ErrorIs(t, err, ErrUnsupported)
		require.ErrorIs(t, h.CloseOrder(t.Context(), "O-1"), ErrUnsupported)
	}
	var env Env
	c := configured(t, &recorder{start: func(_ context.Context, e Env) error { env = e; return nil }}, 1)
	require.NotNil(t, c)
	require.NotNil(t, env.Host, "also when the host offers nothing")
	require.ErrorIs(t, env.Host.CloseOrder(t.Context(), "O-1"), ErrUnsupported)
}

// refunds takes refund notices, typed.
type refunds struct{ got *RefundNotice }

func (r *refunds) OnRefund(_ context.Context, n *RefundNotice) error { r.got = n; return nil }

func TestRefundsComeTyped(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	r := &refunds{}
	s, err := newServer(r, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	d, err := s.Describe(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"wechat.plugin.v1.RefundNoticeHandlerService"}, d.GetServices())
	require.Equal(t, []string{"host-calls"}, d.GetFeatures())
	s.gate.open(1)
	_, err = s.HandleRefundNotice(t.Context(), &pluginv1.HandleRefundNoticeRequest{
		Delivery: &pluginv1.Delivery{EventId: "e1", EventType: "refund.succeeded"},
		Notice: &pluginv1.RefundNotice{
			Mchid: "1", OutTradeNo: "2", TransactionId: "3", OutRefundNo: "4", RefundId: "5", RefundStatus: "SUCCESS",
			SuccessAt: timestamppb.New(at), UserReceivedAccount: "6", TotalFen: 7, RefundFen: 8, PayerTotalFen: 9, PayerRefundFen: 10,
			Compared: true, RawJson: []byte("{}"),
		},
	})
	require.NoError(t, err)
	require.Equal(t, &RefundNotice{
		Delivery: Delivery{EventID: "e1", EventType: "refund.succeeded"}, MchID: "1", OutTradeNo: "2", TransactionID: "3",
		OutRefundNo: "4", RefundID: "5", RefundStatus: "SUCCESS", SuccessAt: at, UserReceivedAccount: "6", AmountFen: 7,
		RefundFen: 8, PayerAmountFen: 9, PayerRefundFen: 10, Compared: true, RawJSON: []byte("{}"),
	}, r.got)
}

func TestParseRefundNotice(t *testing.T) {
	t.Parallel()
	raw := []byte(`{"mchid":"1900000100","transaction_id":"1008450740201411110005820873","out_trade_no":"20150806125346",` +
		`"refund_id":"50200207182018070300011301001","out_refund_no":"7752501201407033233368018","refund_status":"SUCCESS",` +
		`"success_time":"2018-06-08T10:34:56+08:00","user_received_account":"招商银行信用卡0403",` +
		`"amount":{"total":999,"refund":998,"payer_total":997,"payer_refund":996},"new":[]}`)
	n, err := ParseRefundNotice(Delivery{EventID: "e1"}, true, raw)
	require.NoError(t, err)
	require.True(t, n.SuccessAt.Equal(time.Date(2018, 6, 8, 2, 34, 56, 0, time.UTC)))
	n.SuccessAt = time.Time{}
	require.Equal(t, &RefundNotice{
		Delivery: Delivery{EventID: "e1"}, MchID: "1900000100", OutTradeNo: "20150806125346",
		TransactionID: "1008450740201411110005820873", OutRefundNo: "7752501201407033233368018",
		RefundID: "50200207182018070300011301001", RefundStatus: "SUCCESS", UserReceivedAccount: "招商银行信用卡0403",
		AmountFen: 999, RefundFen: 998, PayerAmountFen: 997, PayerRefundFen: 996, Compared: true, RawJSON: raw,
	}, n)
	for _, bad := range []string{`{`, `{"amount":{"refund":"1"}}`, `{"success_time":"yesterday"}`} {
		_, err := ParseRefundNotice(Delivery{}, false, []byte(bad))
		require.Error(t, err, bad)
	}
}

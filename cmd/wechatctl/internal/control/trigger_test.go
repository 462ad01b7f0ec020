package control_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/wechattest"
)

func trigger(t *testing.T, b bench, wish control.Trigger) control.Triggered {
	t.Helper()
	return post[control.Triggered](t, b, "v1/trigger", wish)
}

func TestTriggerPayment(t *testing.T) {
	t.Parallel()
	for _, way := range []wechattest.TradeType{"", wechattest.JSAPI, wechattest.Native, wechattest.H5, wechattest.InApp} {
		t.Run("Way"+string(way), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			done := trigger(t, b, control.Trigger{Event: "payment.succeeded", TradeType: way, Total: 1800, Attach: "blue", Phone: "bob"})
			require.True(t, done.Accepted)
			order := done.Result.Order
			require.Equal(t, wechattest.Paid, order.State)
			require.Equal(t, "bob", order.Phone)
			require.Equal(t, int64(1800), order.TotalFen)
			require.Equal(t, "blue", order.Attach)
			require.Len(t, done.Notice.Attempts, 1)
			require.Equal(t, http.StatusNoContent, done.Notice.Attempts[0].Status)
			require.Len(t, b.shop.notices(), 1)
		})
	}
}

func TestTriggerPaysTheShopsOwnOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	trigger(t, b, control.Trigger{Event: "notice", OutTradeNo: "ORDER-0001", Phone: "carol"}) // places, pays nothing
	done := trigger(t, b, control.Trigger{Event: "payment.succeeded", OutTradeNo: "ORDER-0001"})
	require.Equal(t, "carol", done.Result.Order.Phone, "the one who ordered pays")
	again := b.refusedWith(t, http.StatusConflict, "v1/trigger", control.Trigger{Event: "payment.succeeded", OutTradeNo: "ORDER-0001"})
	require.Contains(t, again, "paid already")
}

func TestTriggerRefunds(t *testing.T) {
	t.Parallel()
	for event, status := range map[string]wechattest.RefundStatus{
		"refund.succeeded": wechattest.RefundSuccess, "refund.abnormal": wechattest.RefundAbnormal, "refund.closed": wechattest.RefundClosed,
	} {
		t.Run(event, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			done := trigger(t, b, control.Trigger{Event: event, Total: 1000, Refund: 300, OutRefundNo: "REFUND-1"})
			require.True(t, done.Accepted)
			require.Equal(t, "REFUND-1", done.Notice.OutRefundNo)
			require.Equal(t, status, done.Result.Refunds[0].Status)
			require.Equal(t, int64(300), done.Result.Refunds[0].RefundFen)
			require.Len(t, b.shop.notices(), 2, "payment and refund")
			b.refusedWith(t, http.StatusConflict, "v1/trigger", control.Trigger{
				Event: event, OutTradeNo: done.Result.Order.OutTradeNo, OutRefundNo: "REFUND-1",
			})
		})
	}
}

func TestTriggerRefundsWhatIsLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wish := control.Trigger{Event: "refund.succeeded", OutTradeNo: "ORDER-0001", Total: 700}
	require.Equal(t, int64(700), trigger(t, b, wish).Result.Refunds[0].RefundFen)
	require.Contains(t, b.refusedWith(t, http.StatusConflict, "v1/trigger", wish), "in full")
}

func TestEveryChangeMakesAnotherNotice(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"total": "1", "refund": "1", "currency": "USD", "appid": "wx0000000000000000", "mchid": "1", "payer": "o-x", "out-trade-no": "OTHER-1",
		"event-type": "X.Y", "seal-with": "00000000000000000000000000000000", "sign-at": "-10m", "serial": "00", "flip-byte": "-1", "probe": "yes",
	}
	b := setup(t)
	for _, change := range control.Changes() {
		require.Contains(t, values, change.Name)
		done := trigger(t, b, control.Trigger{
			Event: "notice", OutTradeNo: "ORDER-0001", Changes: map[string]string{change.Name: values[change.Name]},
		})
		require.Equal(t, http.StatusNoContent, done.Forgery.Status, change.Name)
		require.Equal(t, values[change.Name], done.Forgery.Changes[change.Name])
		require.Equal(t, wechattest.NotPaid, done.Result.Order.State)
	}
	require.Len(t, b.shop.notices(), len(values))
	require.Len(t, get[[]control.Forgery](t, b, "v1/notices/forged"), len(values))
	require.Empty(t, get[[]control.Notice](t, b, "v1/notices"), "WeChat itself sent nothing")
}

func TestTriggerForgesRefundNotices(t *testing.T) {
	t.Parallel()
	b := setup(t)
	trigger(t, b, control.Trigger{Event: "refund.succeeded", OutRefundNo: "REFUND-1"})
	done := trigger(t, b, control.Trigger{Event: "notice", OutRefundNo: "REFUND-1", Changes: map[string]string{"refund": "9"}})
	require.Equal(t, "REFUND-1", done.Forgery.OutRefundNo)
	b.refusedWith(t, http.StatusNotFound, "v1/trigger", control.Trigger{Event: "notice", OutRefundNo: "NONE"})
}

func TestTriggerOther(t *testing.T) {
	t.Parallel()
	b := setup(t)
	done := trigger(t, b, control.Trigger{Event: "other", Type: "MCHTRANSFER.BILL.FINISHED", Plaintext: "{}"})
	require.True(t, done.Accepted)
	require.Equal(t, "MCHTRANSFER.BILL.FINISHED", done.Notice.EventType)
}

func TestTriggerTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for says, wish := range map[string]any{
		"payment.succeeded":     control.Trigger{Event: "payment.sucess"},
		"probe":                 control.Trigger{Event: "notice", Changes: map[string]string{"colour": "red"}},
		"not 16, 24 or 32":      control.Trigger{Event: "notice", Changes: map[string]string{"seal-with": "x"}},
		"invalid syntax":        control.Trigger{Event: "notice", Changes: map[string]string{"total": "much"}},
		"plaintext":             control.Trigger{Event: "other", Type: "A.B"},
		"JSAPI, NATIVE":         control.Trigger{Event: "payment.succeeded", TradeType: "CASH"},
		"slash":                 control.Trigger{Event: "payment.succeeded", Phone: "a/b"},
		"not what is expected":  `{"evnt":"x"}`,
		"more than one":         `{"event":"x"} {}`,
		"not what is expected:": `[`,
	} {
		require.Contains(t, b.refusedWith(t, http.StatusBadRequest, "v1/trigger", wish), says)
	}
	require.Contains(t, b.refusedWith(t, http.StatusConflict, "v1/trigger", control.Trigger{Event: "payment.succeeded", OutTradeNo: "短"}), "PARAM_ERROR")
}

func TestNoAnswerIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const nobody = "http://127.0.0.1:1/notice"
	done := trigger(t, b, control.Trigger{Event: "payment.succeeded", NotifyURL: nobody})
	require.False(t, done.Accepted)
	require.NotEmpty(t, done.Notice.Attempts[0].Error)
	require.False(t, done.Notice.Due.IsZero())
	wrong := trigger(t, b, control.Trigger{Event: "notice", NotifyURL: nobody})
	require.Zero(t, wrong.Forgery.Status)
	require.NotEmpty(t, wrong.Forgery.Error)
}

func TestAnswersAreKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, status := range []int{200, 204, 401, 500} {
		b.shop.answer(status)
		done := trigger(t, b, control.Trigger{Event: "payment.succeeded", OutTradeNo: "ORDER-" + strconv.Itoa(status)})
		require.Equal(t, status < 300, done.Accepted)
		require.Equal(t, status, done.Notice.Attempts[0].Status)
	}
}

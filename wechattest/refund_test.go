package wechattest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

const refundPath = "/v3/refund/domestic/refunds"

// refundBody is a right refund of an order of 100 fen, with changes.
func refundBody(outTradeNo, outRefundNo string, fen int, changes ...func(map[string]any)) string {
	fields := map[string]any{
		"out_trade_no": outTradeNo, "out_refund_no": outRefundNo,
		"notify_url": "https://shop.example.com/wechat/pay/notice",
		"amount":     map[string]any{"refund": fen, "total": 100, "currency": "CNY"},
	}
	for _, change := range changes {
		change(fields)
	}
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(body)
}

func (b bench) refund(t *testing.T, outTradeNo, outRefundNo string, fen int, changes ...func(map[string]any)) reply {
	t.Helper()
	return b.call(t, http.MethodPost, refundPath, refundBody(outTradeNo, outRefundNo, fen, changes...))
}

func (b bench) queryRefund(t *testing.T, outRefundNo string) reply {
	t.Helper()
	return b.call(t, http.MethodGet, refundPath+"/"+outRefundNo, "")
}

func TestRefundIsAcceptedThenEnds(t *testing.T) {
	t.Parallel()
	b := setup(t, wechattest.WithRefundDelay(time.Minute))
	order := b.buy(t, "NO-0001")
	b.settle(t)
	accepted := b.refund(t, "NO-0001", "RE-1", 30, set("reason", "坏了"))
	require.Equal(t, http.StatusOK, accepted.status, accepted.body)
	refund, found := b.sim.Refund("RE-1")
	require.True(t, found)
	requireText(t, `{"refund_id":"`+refund.RefundID+`","out_refund_no":"RE-1","transaction_id":"`+order.TransactionID+
		`","out_trade_no":"NO-0001","channel":"ORIGINAL","user_received_account":"支付用户零钱",`+
		`"create_time":"2026-03-01T12:00:00+08:00","status":"PROCESSING","funds_account":"AVAILABLE",`+
		`"amount":{"total":100,"refund":30,"from":[],"payer_total":100,"payer_refund":30,"settlement_refund":30,`+
		`"settlement_total":100,"discount_refund":0,"currency":"CNY"},"promotion_detail":[]}`, accepted.body)
	require.Equal(t, "REFUND", b.query(t, "NO-0001").field("trade_state"))
	require.Equal(t, order.TransactionID, b.query(t, "NO-0001").field("transaction_id"))
	require.Equal(t, accepted.body, b.queryRefund(t, "RE-1").body)
	require.Equal(t, accepted.body, b.refund(t, "NO-0001", "RE-1", 30, set("reason", "坏了")).body, "the same again is the same refund")

	b.clock.Advance(time.Minute)
	ended := b.queryRefund(t, "RE-1")
	require.Equal(t, "SUCCESS", ended.field("status"))
	require.Equal(t, "2026-03-01T12:01:00+08:00", ended.field("success_time"))
	require.Equal(t, "REFUND", b.query(t, "NO-0001").field("trade_state"))
	require.Len(t, b.sim.Refunds(), 1)
}

func TestRefundNoticeHasTheDocumentedShape(t *testing.T) {
	t.Parallel()
	b := setup(t)
	order := b.buy(t, "NO-0001")
	require.Equal(t, 200, b.refund(t, "NO-0001", "RE-1", 100, set("transaction_id", order.TransactionID)).status)
	b.settle(t)
	b.inbox.answerWith(http.StatusInternalServerError)
	b.clock.Advance(5 * time.Second)
	b.settle(t)
	b.clock.Advance(15 * time.Second)
	b.settle(t)
	headers, bodies := b.inbox.received()
	require.Len(t, bodies, 3, "the payment, the refund, the refund again")
	require.Equal(t, bodies[1], bodies[2])
	require.NoError(t, verify(b.publicKey(t, headers[1].Get("Wechatpay-Serial")), headers[1], bodies[1]))

	var notice body
	require.NoError(t, json.Unmarshal([]byte(bodies[1]), &notice))
	require.Equal(t, "REFUND.SUCCESS", notice.EventType)
	require.Equal(t, "退款成功", notice.Summary)
	require.Equal(t, "refund", notice.Resource.OriginalType)
	refund, _ := b.sim.Refund("RE-1")
	require.Equal(t, `{"mchid":"1673570001","out_trade_no":"NO-0001","transaction_id":"`+order.TransactionID+
		`","out_refund_no":"RE-1","refund_id":"`+refund.RefundID+`","refund_status":"SUCCESS",`+
		`"success_time":"2026-03-01T12:00:05+08:00","user_received_account":"支付用户零钱",`+
		`"amount":{"total":100,"refund":100,"payer_total":100,"payer_refund":100}}`,
		string(notice.Resource.open(t, b.merchant.APIv3Key)))

	attempts := b.sim.Attempts("NO-0001")
	require.Len(t, attempts, 3)
	require.Equal(t, "REFUND.SUCCESS", attempts[2].EventType)
	require.Equal(t, "RE-1", attempts[2].OutRefundNo)
	b.inbox.answerWith(http.StatusOK)
	attempt, err := b.sim.SendRefundNotice(t.Context(), "RE-1")
	require.NoError(t, err)
	require.Equal(t, 3, attempt.Number)
	_, err = b.sim.SendRefundNotice(t.Context(), "RE-9")
	require.Error(t, err)
}

func TestRefundsEndAsTheScriptSays(t *testing.T) {
	t.Parallel()
	for _, outcome := range []wechattest.RefundStatus{wechattest.RefundClosed, wechattest.RefundAbnormal} {
		b := setup(t)
		b.buy(t, "NO-0001")
		b.settle(t)
		b.sim.RefundsEnd(outcome)
		b.refund(t, "NO-0001", "RE-1", 100)
		b.clock.Advance(5 * time.Second)
		b.settle(t)
		ended := b.queryRefund(t, "RE-1")
		require.Equal(t, string(outcome), ended.field("status"))
		require.NotContains(t, ended.body, "success_time")
		attempts := b.sim.Attempts("NO-0001")
		require.Equal(t, "REFUND."+string(outcome), attempts[1].EventType)

		b.clock.Advance(time.Minute)
		again := b.refund(t, "NO-0001", "RE-2", 100)
		if outcome == wechattest.RefundClosed {
			require.Equal(t, 200, again.status, "the money of a closed refund stayed")
			continue
		}
		require.Equal(t, "INVALID_REQUEST", again.code(), "the money of an abnormal refund is on its way")
		require.NoError(t, b.sim.EndRefund("RE-1", wechattest.RefundSuccess))
		b.settle(t)
		require.Len(t, b.sim.Attempts("NO-0001"), 3)
		require.Error(t, b.sim.EndRefund("RE-1", wechattest.RefundClosed), "SUCCESS is the end")
		require.Error(t, b.sim.EndRefund("RE-9", wechattest.RefundClosed))
	}
}

// A refund that succeeds after trouble has two notices; what is sent again is the one that tells where it stands now.
func TestResentRefundNoticeIsTheNewest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.buy(t, "NO-0001")
	b.refund(t, "NO-0001", "RE-1", 60)
	for _, outcome := range []wechattest.RefundStatus{wechattest.RefundAbnormal, wechattest.RefundSuccess} {
		require.NoError(t, b.sim.EndRefund("RE-1", outcome))
		b.settle(t)
		sent, err := b.sim.SendRefundNotice(t.Context(), "RE-1")
		require.NoError(t, err)
		require.Equal(t, "REFUND."+string(outcome), sent.EventType)
		notice, err := b.sim.RefundNotice("RE-1")
		require.NoError(t, err)
		require.Contains(t, string(notice.Body), `"event_type":"REFUND.`+string(outcome)+`"`)
		require.Contains(t, string(notice.Body), sent.NoticeID)
	}
}

func TestHeldRefundsWait(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.buy(t, "NO-0001")
	b.sim.HoldRefunds(true)
	b.refund(t, "NO-0001", "RE-1", 40)
	b.clock.Advance(24 * time.Hour)
	b.settle(t)
	require.Equal(t, "PROCESSING", b.queryRefund(t, "RE-1").field("status"))
	b.sim.HoldRefunds(false)
	b.settle(t)
	require.Equal(t, "SUCCESS", b.queryRefund(t, "RE-1").field("status"))
}

func TestRefundWithoutNotifyURLGetsNoNotice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.buy(t, "NO-0001")
	b.refund(t, "NO-0001", "RE-1", 40, without("notify_url"))
	b.clock.Advance(time.Hour)
	b.settle(t)
	require.Equal(t, "SUCCESS", b.queryRefund(t, "RE-1").field("status"))
	require.Len(t, b.sim.Attempts("NO-0001"), 1)
}

func TestForgedRefundNotices(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.buy(t, "NO-0001")
	b.refund(t, "NO-0001", "RE-1", 40)
	notice, err := b.sim.RefundNotice("RE-1", wechattest.ChangeRefund(99), wechattest.ChangeMchID("1"),
		wechattest.ChangeOutTradeNo("NO-0002"), wechattest.ChangeTotal(7))
	require.NoError(t, err)
	var received body
	require.NoError(t, json.Unmarshal(notice.Body, &received))
	plain := string(received.Resource.open(t, b.merchant.APIv3Key))
	require.Contains(t, plain, `"mchid":"1","out_trade_no":"NO-0002"`)
	require.Contains(t, plain, `"amount":{"total":7,"refund":99,"payer_total":7,"payer_refund":99}`)
	require.Contains(t, plain, `"refund_status":"SUCCESS"`)
	_, err = b.sim.RefundNotice("RE-9")
	require.Error(t, err)
}

func TestFiftyPartialRefunds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.buy(t, "NO-0001")
	for i := range 50 {
		require.Equal(t, 200, b.refund(t, "NO-0001", fmt.Sprintf("RE-%d", i), 2).status)
		b.clock.Advance(time.Minute)
	}
	refused := b.refund(t, "NO-0001", "RE-50", 1)
	require.Equal(t, 400, refused.status)
	require.Contains(t, refused.body, "50次")
}

func TestEventsOfAnyKind(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, err := b.sim.SendEvent("https://shop.example.com/notice",
		wechattest.Event{Type: "PROFITSHARING", OriginalType: "profitsharing", Summary: "分账"}, []byte(`{"order_id":"1"}`))
	require.NoError(t, err)
	b.settle(t)
	_, bodies := b.inbox.received()
	var notice body
	require.NoError(t, json.Unmarshal([]byte(bodies[0]), &notice))
	require.Equal(t, id, notice.ID)
	require.Equal(t, "PROFITSHARING", notice.EventType)
	requireText(t, `{"order_id":"1"}`, string(notice.Resource.open(t, b.merchant.APIv3Key)))
	require.Equal(t, id, b.sim.Attempts("")[0].NoticeID)
	again, err := b.sim.SendNoticeByID(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, 2, again.Number)
	_, err = b.sim.SendNoticeByID(t.Context(), "none")
	require.Error(t, err)
	_, err = b.sim.SendEvent("", wechattest.Event{}, nil)
	require.Error(t, err)
}

func TestCombinedPaymentNotice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.HoldNotices(true)
	b.buy(t, "NO-0001")
	b.buy(t, "NO-0002")
	_, err := b.sim.SendCombined("https://shop.example.com/notice", "CO-0001", "NO-0001", "NO-0002")
	require.NoError(t, err)
	_, err = b.sim.SendCombined("https://shop.example.com/notice", "CO-0001", "NO-0003")
	require.Error(t, err)
}

package wechattest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// TestCodesThatOnlyAScriptProduces are the rows of the documents' error tables for which this WeChat has no cause of
// its own, such as an empty account: a script gives them, signed like any other answer. The other rows have tests where
// their cause is: TestPlacingIsRefused, TestRefundIsRefused, TestBillsAreRefused, ….
func TestCodesThatOnlyAScriptProduces(t *testing.T) {
	t.Parallel()
	place, refund := "/v3/pay/transactions/jsapi", refundPath
	for _, row := range []struct {
		path   string
		status int
		code   string
	}{
		{place, 400, "MCH_NOT_EXISTS"},
		{place, 403, "NO_AUTH"},
		{place, 403, "OUT_TRADE_NO_USED"},
		{place, 403, "ACCOUNT_ERROR"},
		{place, 403, "RULE_LIMIT"},
		{place, 403, "TRADE_ERROR"},
		{place, 429, "FREQUENCY_LIMITED"},
		{place, 429, "RATELIMIT_EXCEEDED"},
		{place, 500, "SYSTEM_ERROR"},
		{place, 500, "BANK_ERROR"},
		{place, 500, "OPENID_MISMATCH"},
		{place, 502, "SERVICE_UNAVAILABLE"},
		{place, 503, "SERVICE_UNAVAILABLE"},
		{refund, 403, "NO_AUTH"},
		{refund, 403, "NOT_ENOUGH"},
		{refund, 403, "USER_ACCOUNT_ABNORMAL"},
		{refund, 403, "REQUEST_BLOCKED"},
		{refund, 404, "MCH_NOT_EXISTS"},
		{refund, 404, "REFUND_NOT_EXISTS"},
		{refund, 500, "SYSTEM_ERROR"},
	} {
		b := setup(t)
		b.buy(t, "NO-0001")
		require.NoError(t, b.sim.Play(wechattest.Script{Faults: []wechattest.Fault{{
			On: wechattest.OnAnswer, Path: row.path, Times: 1,
			AnswerFault: wechattest.AnswerFault{Status: row.status, Code: row.code, Message: "…"},
		}}}))
		body := b.order("NO-0002")
		if row.path == refund {
			body = refundBody("NO-0001", "RE-1", 1)
		}
		refused := b.call(t, http.MethodPost, row.path, body)
		require.Equal(t, row.status, refused.status)
		require.Equal(t, row.code, refused.code())
		requireSigned(t, b, refused, b.sim.PlatformSerials()[0])
		require.Empty(t, b.sim.Refunds())
		require.Len(t, b.sim.Orders(), 1)
		require.Equal(t, http.StatusOK, b.call(t, http.MethodPost, row.path, body).status, "once")
	}
}

// TestErrcodesThatOnlyAScriptProduces are those of api.weixin.qq.com.
func TestErrcodesThatOnlyAScriptProduces(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, code := range []int{-1, 40164, 40243, 45009, 50004, 50007, 89503, 50001, 42007, 43107, 45063} {
		require.NoError(t, b.sim.Play(wechattest.Script{Faults: []wechattest.Fault{{
			On: wechattest.OnAnswer, Path: "/cgi-bin/token", Times: 1, AnswerFault: wechattest.AnswerFault{Errcode: code},
		}}}))
		requireErrcode(t, code, b.plainToken(t, b.sim.App()))
	}
	require.NotContains(t, b.plainToken(t, b.sim.App()).body, "errcode")
}

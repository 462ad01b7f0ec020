package wechattest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// signedCall is a right request that was not sent yet.
func (b bench) signedCall(t *testing.T, method, target, body string) (request *http.Request) {
	t.Helper()
	b.call(t, method, target, body, func(c *payCall) {
		c.afterSigning = func(r *http.Request) {
			request = r.Clone(t.Context())
			request.Body = io.NopCloser(strings.NewReader(body))
			// What is sent now is something harmless.
			r.Method, r.URL.Path, r.URL.RawQuery, r.Body, r.ContentLength = http.MethodGet, "/nowhere", "", http.NoBody, 0
		}
	})
	return request
}

// try sends a request whose answer may not come, or not to its end.
func (b bench) try(request *http.Request) error {
	response, err := b.sim.RoundTripper().RoundTrip(request)
	if err != nil {
		return err
	}
	_, err = io.ReadAll(response.Body)
	return errors.Join(err, response.Body.Close())
}

func TestScenarioUnknownPlace(t *testing.T) {
	t.Parallel()
	b := play(t, "unknown-place")
	ctx, giveUp := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	request := b.signedCall(t, http.MethodPost, jsapiPath, b.order("NO-0001")).WithContext(ctx)
	go func() { gaveUp <- b.try(request) }()
	require.Eventually(t, func() bool { return len(b.sim.Orders()) == 1 }, 10*time.Second, time.Millisecond, "it was carried out")
	giveUp()
	require.ErrorIs(t, <-gaveUp, context.Canceled)
	require.Equal(t, "NOTPAY", b.query(t, "NO-0001").field("trade_state"))
	b.place(t, "NO-0001")
	require.Len(t, b.sim.Orders(), 1, "the same number again is the same order")
}

func TestScenarioUnknownRefund(t *testing.T) {
	t.Parallel()
	b := play(t, "unknown-refund")
	b.buy(t, "NO-0001")
	request := b.signedCall(t, http.MethodPost, refundPath, refundBody("NO-0001", "RE-1", 60))
	require.ErrorContains(t, b.try(request), "cut")
	require.Equal(t, 200, b.refund(t, "NO-0001", "RE-1", 60).status, "the same number again is the same refund")
	require.Len(t, b.sim.Refunds(), 1)
}

func TestScenarioProbeAnswer(t *testing.T) {
	t.Parallel()
	b := play(t, "probe-answer")
	b.buy(t, "NO-0001")
	probe := b.refund(t, "NO-0001", "RE-1", 60)
	require.True(t, strings.HasPrefix(probe.header.Get("Wechatpay-Signature"), "WECHATPAY/SIGNTEST/"))
	require.Len(t, b.sim.Refunds(), 1, "a failed verification is no failed refund")
	requireSigned(t, b, b.refund(t, "NO-0001", "RE-1", 60), b.sim.PlatformSerials()[0])
}

func TestScenarioRefundTrouble(t *testing.T) {
	t.Parallel()
	b := play(t, "refund-trouble")
	b.buy(t, "NO-0001")
	busy := b.refund(t, "NO-0001", "RE-1", 60)
	require.Equal(t, 500, busy.status)
	require.Equal(t, "SYSTEM_ERROR", busy.code())
	requireSigned(t, b, busy, b.sim.PlatformSerials()[0])
	gateway := b.refund(t, "NO-0001", "RE-1", 60)
	require.Equal(t, 400, gateway.status)
	require.Equal(t, "text/html", gateway.header.Get("Content-Type"))
	require.Contains(t, gateway.body, "nginx")
	require.Empty(t, gateway.header.Get("Wechatpay-Signature"))
	require.Empty(t, b.sim.Refunds())
	require.Equal(t, 200, b.refund(t, "NO-0001", "RE-1", 60).status)
}

func TestScenarioNumberUsed(t *testing.T) {
	t.Parallel()
	b := play(t, "number-used")
	refused := b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001"))
	require.Equal(t, 403, refused.status)
	require.Equal(t, "OUT_TRADE_NO_USED", refused.code())
	require.Equal(t, "NOTPAY", b.query(t, "NO-0001").field("trade_state"))
}

func TestScenarioAppNotBound(t *testing.T) {
	t.Parallel()
	b := play(t, "app-not-bound")
	refused := b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001"))
	require.Equal(t, 400, refused.status)
	require.Equal(t, "APPID_MCHID_NOT_MATCH", refused.code())
	require.Empty(t, b.sim.Orders())
}

func TestScenarioPaidAfterClose(t *testing.T) {
	t.Parallel()
	b := play(t, "paid-after-close")
	require.NoError(t, b.alice.Pay(t.Context(), b.launch(t, b.place(t, "NO-0001"))))
	require.Equal(t, "NOTPAY", b.query(t, "NO-0001").field("trade_state"))
	require.Equal(t, 204, b.close(t, "NO-0001").status)
	require.Equal(t, "CLOSED", b.query(t, "NO-0001").field("trade_state"))
	b.clock.Advance(10 * time.Minute)
	b.settle(t)
	require.Equal(t, "SUCCESS", b.query(t, "NO-0001").field("trade_state"))
	good, _ := b.goodNotices(t)
	require.Len(t, good, 1)
}

func TestScenarioKeyChange(t *testing.T) {
	t.Parallel()
	b := play(t, "key-change")
	refused := b.call(t, http.MethodGet, "/v3/certificates", "")
	require.Equal(t, 404, refused.status)
	require.Equal(t, "RESOURCE_NOT_EXISTS", refused.code())
}

func TestScenarioSkewedClock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	prepayID := b.place(t, "NO-0001")
	require.NoError(t, b.sim.Play(scenario(t, "skewed-clock")))
	refused := b.query(t, "NO-0001")
	require.Equal(t, 401, refused.status)
	require.Contains(t, refused.body, "timestamp")
	told, err := http.ParseTime(refused.header.Get("Date"))
	require.NoError(t, err)
	require.Equal(t, 6*time.Minute, told.Sub(b.clock.Now()), "the Date header tells by how much")
	require.NoError(t, b.alice.Pay(t.Context(), b.launch(t, prepayID)))
	b.settle(t)
	headers, _ := b.inbox.received()
	require.Equal(t, "1772337960", headers[0].Get("Wechatpay-Timestamp"))
}

func TestScenarioBillTrouble(t *testing.T) {
	t.Parallel()
	b := play(t, "bill-trouble")
	b.buy(t, "NO-0001")
	b.clock.Advance(22 * time.Hour)
	require.Equal(t, "STATEMENT_CREATING", b.call(t, http.MethodGet, tradeBillPath, "").code())
	asked := b.call(t, http.MethodGet, tradeBillPath, "")
	path := strings.TrimPrefix(asked.field("download_url"), "https://api.mch.weixin.qq.com")
	require.ErrorIs(t, b.try(b.signedCall(t, http.MethodGet, path, "")), io.ErrUnexpectedEOF)
	require.Contains(t, b.bill(t, tradeBillPath), "NO-0001")
}

package wechattest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// body is a notice as a merchant reads it.
type body struct {
	ID           string `json:"id"`
	CreateTime   string `json:"create_time"`
	ResourceType string `json:"resource_type"`
	EventType    string `json:"event_type"`
	Summary      string `json:"summary"`
	Resource     sealed `json:"resource"`
}

func (b bench) settle(t *testing.T) {
	t.Helper()
	require.NoError(t, b.sim.Settle(t.Context()))
}

func TestNoticeHasTheLiveShape(t *testing.T) {
	t.Parallel()
	b := setup(t)
	order := b.buy(t, "NO-0001", set("attach", "附加"))
	b.settle(t)
	headers, bodies := b.inbox.received()
	require.Len(t, bodies, 1)

	for name, want := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "Mozilla/4.0", "Accept": "*/*", "Pragma": "no-cache",
		"Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048", "Wechatpay-Timestamp": "1772337600",
		"Wechatpay-Serial": b.sim.PlatformSerials()[0],
	} {
		require.Equal(t, want, headers[0].Get(name), name)
	}
	require.Regexp(t, `^[0-9A-Za-z]{32}$`, headers[0].Get("Wechatpay-Nonce"))
	require.NoError(t, verify(b.publicKey(t, headers[0].Get("Wechatpay-Serial")), headers[0], bodies[0]))

	require.Regexp(t, `^\{"id":"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",`+
		`"create_time":"2026-03-01T12:00:00\+08:00","resource_type":"encrypt-resource","event_type":"TRANSACTION.SUCCESS",`+
		`"summary":"支付成功","resource":\{"original_type":"transaction","algorithm":"AEAD_AES_256_GCM","ciphertext":"[^"]+",`+
		`"associated_data":"transaction","nonce":"[^"]{12}"\}\}$`, bodies[0])

	var notice body
	require.NoError(t, json.Unmarshal([]byte(bodies[0]), &notice))
	require.Equal(t, `{"mchid":"1673570001","appid":"wx7e57000000000001","out_trade_no":"NO-0001","transaction_id":"`+
		order.TransactionID+`","trade_type":"JSAPI","trade_state":"SUCCESS","trade_state_desc":"支付成功","bank_type":"OTHERS",`+
		`"attach":"附加","success_time":"2026-03-01T12:00:00+08:00","payer":{"openid":"`+b.alice.OpenID()+
		`"},"amount":{"total":100,"payer_total":100,"currency":"CNY","payer_currency":"CNY"}}`,
		string(notice.Resource.open(t, b.merchant.APIv3Key)))
}

func TestRefusedNoticesComeAgainOnTheTimetable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.inbox.answerWith(http.StatusInternalServerError)
	b.buy(t, "NO-0001")
	b.settle(t)
	sum := time.Duration(0)
	for i, wait := range wechattest.RetryTimetable() {
		sum += wait
		b.clock.Advance(wait - time.Second)
		b.settle(t)
		require.Len(t, b.sim.Attempts("NO-0001"), i+1, "too early")
		b.clock.Advance(time.Second)
		b.settle(t)
		require.Len(t, b.sim.Attempts("NO-0001"), i+2)
	}
	require.Equal(t, 24*time.Hour+4*time.Minute, sum)
	b.clock.Advance(48 * time.Hour)
	b.settle(t)
	attempts := b.sim.Attempts("NO-0001")
	require.Len(t, attempts, 16, "15 retries, then WeChat gives up")
	require.True(t, attempts[15].Next.IsZero())
	require.Equal(t, noon().Add(sum), attempts[15].At)
	require.Equal(t, http.StatusInternalServerError, attempts[15].Status)

	headers, bodies := b.inbox.received()
	nonces := map[string]bool{}
	for i := range headers {
		require.Equal(t, bodies[0], bodies[i], "a resend keeps id and content")
		nonces[headers[i].Get("Wechatpay-Nonce")] = true
		require.NoError(t, verify(b.publicKey(t, headers[i].Get("Wechatpay-Serial")), headers[i], bodies[i]))
	}
	require.Len(t, nonces, 16, "and is signed afresh")
}

func TestAcceptedNoticesStop(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusNoContent} {
		b := setup(t)
		b.inbox.answerWith(http.StatusBadRequest)
		b.buy(t, "NO-0001")
		b.settle(t)
		b.inbox.answerWith(status)
		b.clock.Advance(15 * time.Second)
		b.settle(t)
		b.clock.Advance(48 * time.Hour)
		b.settle(t)
		attempts := b.sim.Attempts("")
		require.Len(t, attempts, 2)
		require.True(t, attempts[1].Accepted())
		require.Equal(t, 2, attempts[1].Number)
	}
}

func TestRedirectsAndOtherSuccessesAreRefusals(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusCreated, http.StatusAccepted, http.StatusFound} {
		b := setup(t)
		b.inbox.answerWith(status)
		b.buy(t, "NO-0001")
		b.settle(t)
		attempts := b.sim.Attempts("NO-0001")
		require.Len(t, attempts, 1)
		require.False(t, attempts[0].Accepted())
		require.Equal(t, noon().Add(15*time.Second), attempts[0].Next)
	}
}

func TestRetrySpeed(t *testing.T) {
	t.Parallel()
	b := setup(t, wechattest.WithRetrySpeed(15), wechattest.WithNotifyTransport(transport(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("connection refused")
	})))
	b.buy(t, "NO-0001")
	b.settle(t)
	attempt := b.sim.Attempts("NO-0001")[0]
	require.Equal(t, noon().Add(time.Second), attempt.Next)
	require.Zero(t, attempt.Status)
	require.Equal(t, "connection refused", attempt.Error)
}

func TestHeldNoticesWait(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.HoldNotices(true)
	b.buy(t, "NO-0001")
	b.settle(t)
	require.Never(t, func() bool { return len(b.sim.Attempts("")) > 0 }, 50*time.Millisecond, 5*time.Millisecond)
	b.sim.HoldNotices(false)
	b.settle(t)
	require.Len(t, b.sim.Attempts(""), 1)
}

func TestSendingByHand(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.HoldNotices(true)
	b.place(t, "NO-0002")
	_, err := b.sim.SendNotice(t.Context(), "NO-0002")
	require.Error(t, err, "an unpaid order has no notice")

	b.buy(t, "NO-0001")
	b.inbox.answerWith(http.StatusServiceUnavailable)
	attempt, err := b.sim.SendNotice(t.Context(), "NO-0001")
	require.NoError(t, err)
	require.Equal(t, http.StatusServiceUnavailable, attempt.Status)
	require.True(t, attempt.Manual)

	b.inbox.answerWith(http.StatusOK)
	for range 2 { // a resend of what was accepted is a duplicate, as WeChat sends them
		attempt, err = b.sim.SendNotice(t.Context(), "NO-0001")
		require.NoError(t, err)
		require.True(t, attempt.Accepted())
	}
	require.Equal(t, 3, attempt.Number)
	b.sim.HoldNotices(false)
	b.settle(t)
	require.Len(t, b.sim.Attempts("NO-0001"), 3, "accepted by hand ends the timetable")
	_, bodies := b.inbox.received()
	require.Equal(t, bodies[0], bodies[2])
}

func TestManyNoticesAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.HoldNotices(true)
	numbers := []string{}
	for i := range 40 {
		numbers = append(numbers, b.buy(t, "NO-10"+string(rune('A'+i/10))+string(rune('0'+i%10))).OutTradeNo)
	}
	b.sim.HoldNotices(false)
	b.settle(t)
	for _, number := range numbers {
		require.Len(t, b.sim.Attempts(number), 1, number)
	}
}

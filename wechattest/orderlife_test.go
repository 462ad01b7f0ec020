package wechattest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (b bench) query(t *testing.T, outTradeNo string) reply {
	t.Helper()
	return b.call(t, http.MethodGet, byNumber(outTradeNo)+"?mchid="+b.merchant.MchID, "")
}

func (b bench) close(t *testing.T, outTradeNo string) reply {
	t.Helper()
	return b.call(t, http.MethodPost, byNumber(outTradeNo)+"/close", `{"mchid":"`+b.merchant.MchID+`"}`)
}

func TestUnpaidOrderHasTheLiveShape(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.place(t, "NO-0001", set("attach", "kept back until paid"))
	requireText(t, `{"amount":{"payer_currency":"CNY","total":100},"appid":"wx7e57000000000001","mchid":"1673570001",`+
		`"out_trade_no":"NO-0001","promotion_detail":[],"scene_info":{"device_id":""},"trade_state":"NOTPAY",`+
		`"trade_state_desc":"订单未支付"}`, b.query(t, "NO-0001").body)
}

func TestPaidOrderHasTheLiveShape(t *testing.T) {
	t.Parallel()
	b := setup(t)
	order := b.buy(t, "NO-0001")
	want := `{"amount":{"currency":"CNY","payer_currency":"CNY","payer_total":100,"total":100},"appid":"wx7e57000000000001",` +
		`"attach":"","bank_type":"OTHERS","mchid":"1673570001","out_trade_no":"NO-0001","payer":{"openid":"` + b.alice.OpenID() + `"},` +
		`"promotion_detail":[],"scene_info":{"device_id":""},"success_time":"2026-03-01T12:00:00+08:00","trade_state":"SUCCESS",` +
		`"trade_state_desc":"支付成功","trade_type":"JSAPI","transaction_id":"` + order.TransactionID + `"}`
	require.Equal(t, want, b.query(t, "NO-0001").body)
	require.Equal(t, want, b.call(t, http.MethodGet, "/v3/pay/transactions/id/"+order.TransactionID+"?mchid="+b.merchant.MchID, "").body)
}

func TestPlacingAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.place(t, "NO-0001")
	second := b.place(t, "NO-0001", set("amount", map[string]any{"total": 100, "currency": "CNY"}))
	require.NotEqual(t, first, second)
	require.Len(t, b.sim.Orders(), 1)
	order, _ := b.sim.Order("NO-0001")
	require.Equal(t, second, order.PrepayID)
	require.NoError(t, b.alice.Pay(t.Context(), b.launch(t, first)))
}

func TestTimeExpire(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		wanted string
		ends   time.Time
	}{
		"Absent":  {"", noon().Add(7 * 24 * time.Hour)},
		"Given":   {"2026-03-01T13:00:00+08:00", noon().Add(time.Hour)},
		"TooSoon": {"2026-03-01T12:00:10+08:00", noon().Add(time.Minute)},
		"TooLate": {"2027-03-01T12:00:00+08:00", noon().Add(90 * 24 * time.Hour)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			change := set("time_expire", test.wanted)
			if test.wanted == "" {
				change = without("time_expire")
			}
			b.place(t, "NO-0001", change)
			order, _ := b.sim.Order("NO-0001")
			require.True(t, test.ends.Equal(order.ExpiresAt), order.ExpiresAt)

			b.clock.Advance(order.ExpiresAt.Sub(noon()))
			refused := b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001", change))
			require.Equal(t, http.StatusBadRequest, refused.status, "an expired order is refused")
		})
	}
}

func TestExpiredOrderStaysUnpaidUntilItCloses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.place(t, "NO-0001", set("time_expire", "2026-03-01T13:00:00+08:00"))
	b.clock.Advance(2 * time.Hour)
	require.Equal(t, "NOTPAY", b.query(t, "NO-0001").field("trade_state"))
	b.clock.Advance(7 * 24 * time.Hour)
	require.Equal(t, "CLOSED", b.query(t, "NO-0001").field("trade_state"))
}

func TestClosing(t *testing.T) {
	t.Parallel()
	t.Run("TwiceIsFine", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.place(t, "NO-0001")
		for range 2 {
			closed := b.close(t, "NO-0001")
			require.Equal(t, http.StatusNoContent, closed.status)
			require.Empty(t, closed.body)
			requireSigned(t, b, closed, b.sim.PlatformSerials()[0])
		}
		require.Equal(t, "订单已关闭", b.query(t, "NO-0001").field("trade_state_desc"))
	})
	t.Run("BeforePlacingBurnsTheNumber", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.Equal(t, http.StatusNoContent, b.close(t, "NO-0001").status)
		require.Equal(t, "ORDER_NOT_EXIST", b.query(t, "NO-0001").code())
		refused := b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001"))
		require.Equal(t, http.StatusBadRequest, refused.status)
		require.Equal(t, "INVALID_REQUEST", refused.code())
	})
}

func TestNumbersWithEveryAllowedCharacter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.place(t, "aZ09_-|*")
	require.Equal(t, "aZ09_-|*", b.query(t, "aZ09_-%7C%2A").field("out_trade_no"))
}

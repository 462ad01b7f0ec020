package wechattest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRefundIsRefused is the error table of 申请退款, as far as this WeChat produces it by itself.
func TestRefundIsRefused(t *testing.T) {
	t.Parallel()
	type fields = map[string]any
	amount := func(refund, total any, currency string) func(fields) {
		return set("amount", fields{"refund": refund, "total": total, "currency": currency})
	}
	tests := map[string]struct {
		prepare func(*testing.T, bench)
		change  func(fields)
		status  int
		code    string
		says    string
	}{
		"NoOrderNumber":      {nil, without("out_trade_no"), 400, "PARAM_ERROR", "/out_trade_no"},
		"NoRefundNumber":     {nil, without("out_refund_no"), 400, "PARAM_ERROR", "/out_refund_no"},
		"LongRefundNumber":   {nil, set("out_refund_no", strings.Repeat("1", 65)), 400, "PARAM_ERROR", "/out_refund_no"},
		"BlankInNumber":      {nil, set("out_refund_no", "RE 1"), 400, "PARAM_ERROR", "/out_refund_no"},
		"LongReason":         {nil, set("reason", strings.Repeat("长", 81)), 400, "PARAM_ERROR", "/reason"},
		"ShortNotifyURL":     {nil, set("notify_url", "http://"), 400, "PARAM_ERROR", "/notify_url"},
		"OtherFundsAccount":  {nil, set("funds_account", "BASIC"), 400, "PARAM_ERROR", "/funds_account"},
		"NoAmount":           {nil, without("amount"), 400, "PARAM_ERROR", "/amount"},
		"NoCurrency":         {nil, set("amount", fields{"refund": 1, "total": 100}), 400, "PARAM_ERROR", "/amount/currency"},
		"OtherCurrency":      {nil, amount(1, 100, "USD"), 400, "PARAM_ERROR", "/amount/currency"},
		"ZeroRefund":         {nil, amount(0, 100, "CNY"), 400, "PARAM_ERROR", "/amount/refund"},
		"RefundAsText":       {nil, amount("1", 100, "CNY"), 400, "PARAM_ERROR", "/amount/refund"},
		"UnknownField":       {nil, set("mchid", "1673570001"), 400, "PARAM_ERROR", "/mchid"},
		"GoodsWithoutPrice":  {nil, set("goods_detail", []any{fields{"merchant_goods_id": "1"}}), 400, "PARAM_ERROR", "/goods_detail/0/unit_price"},
		"WrongFrom":          {nil, set("amount", fields{"refund": 5, "total": 100, "currency": "CNY", "from": []any{fields{"account": "AVAILABLE", "amount": 4}}}), 400, "INVALID_REQUEST", "之和"},
		"OtherTotal":         {nil, amount(1, 101, "CNY"), 400, "INVALID_REQUEST", "订单总金额"},
		"MoreThanTheOrder":   {nil, amount(101, 100, "CNY"), 400, "INVALID_REQUEST", "剩余可退金额"},
		"UnknownOrder":       {nil, set("out_trade_no", "NO-9999"), 404, "RESOURCE_NOT_EXISTS", ""},
		"UnknownTransaction": {nil, set("transaction_id", "4200000000"), 404, "RESOURCE_NOT_EXISTS", ""},
		"UnpaidOrder": {func(t *testing.T, b bench) {
			b.place(t, "NO-0002")
		}, set("out_trade_no", "NO-0002"), 404, "RESOURCE_NOT_EXISTS", ""},
		"MoreThanIsLeft": {func(t *testing.T, b bench) {
			require.Equal(t, 200, b.refund(t, "NO-0001", "RE-1", 60).status)
			b.clock.Advance(time.Minute)
		}, amount(41, 100, "CNY"), 400, "INVALID_REQUEST", "剩余可退金额"},
		"WithinAMinute": {func(t *testing.T, b bench) {
			require.Equal(t, 200, b.refund(t, "NO-0001", "RE-1", 60).status)
			b.clock.Advance(59 * time.Second)
		}, amount(10, 100, "CNY"), 429, "FREQUENCY_LIMITED", "1分钟"},
		"SameNumberOtherAmount": {func(t *testing.T, b bench) {
			require.Equal(t, 200, b.refund(t, "NO-0001", "RE-0", 60).status)
		}, amount(10, 100, "CNY"), 400, "INVALID_REQUEST", "与之前请求不一致"},
		"SameNumberOtherOrder": {func(t *testing.T, b bench) {
			b.buy(t, "NO-0002")
			require.Equal(t, 200, b.refund(t, "NO-0002", "RE-0", 1).status)
		}, nil, 400, "INVALID_REQUEST", "与之前请求不一致"},
		"AfterAYear": {func(_ *testing.T, b bench) {
			b.clock.Advance(366 * 24 * time.Hour)
		}, nil, 400, "INVALID_REQUEST", "一年"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.buy(t, "NO-0001")
			if test.prepare != nil {
				test.prepare(t, b)
			}
			before := len(b.sim.Refunds())
			change := test.change
			if change == nil {
				change = func(fields) {}
			}
			refused := b.refund(t, "NO-0001", "RE-0", 1, change)
			require.Equal(t, test.status, refused.status, refused.body)
			require.Equal(t, test.code, refused.code())
			require.Contains(t, refused.body, test.says)
			require.Len(t, b.sim.Refunds(), before)
			requireSigned(t, b, refused, b.sim.PlatformSerials()[0])
		})
	}
}

func TestRefundQueryIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	missing := b.queryRefund(t, "RE-1")
	require.Equal(t, 404, missing.status)
	require.Equal(t, "RESOURCE_NOT_EXISTS", missing.code())
	wrong := b.queryRefund(t, strings.Repeat("1", 65))
	require.Equal(t, 400, wrong.status)
	require.Equal(t, "PARAM_ERROR", wrong.code())
}

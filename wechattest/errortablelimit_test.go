package wechattest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// nest puts a value at a path of a request: objects where names stand, a list of one object for "[]".
func nest(path string, value any) any {
	name, rest, deeper := strings.Cut(path, "/")
	if deeper {
		value = nest(rest, value)
	}
	if list, is := strings.CutSuffix(name, "[]"); is {
		return map[string]any{list: []any{value}}
	}
	return map[string]any{name: value}
}

// merge lays one object over another, so that what a field's neighbours need is there.
func merge(under, over map[string]any) map[string]any {
	for name, value := range over {
		switch value := value.(type) {
		case map[string]any:
			below, _ := under[name].(map[string]any)
			if below == nil {
				below = map[string]any{}
			}
			under[name] = merge(below, value)
		case []any:
			elements, _ := under[name].([]any)
			if len(elements) == 1 && len(value) == 1 {
				under[name] = []any{merge(elements[0].(map[string]any), value[0].(map[string]any))}
				continue
			}
			under[name] = value
		default:
			under[name] = value
		}
	}
	return under
}

// TestFieldLimits holds every text of the two request tables to its documented length: one more is refused.
func TestFieldLimits(t *testing.T) {
	t.Parallel()
	type fields = map[string]any
	goods := fields{"merchant_goods_id": "1", "quantity": 1, "unit_price": 1}
	order := func() fields {
		return fields{
			"detail": fields{"goods_detail": []any{merge(fields{}, goods)}}, "scene_info": fields{"payer_client_ip": "1.2.3.4"},
			"limit_pay": []any{"no_balance", "no_credit", "no_debit", "balance_only"},
		}
	}
	refund := func() fields {
		return fields{"goods_detail": []any{fields{"merchant_goods_id": "1", "unit_price": 1, "refund_amount": 1, "refund_quantity": 1}}}
	}
	url := func(length int) string { return "https://shop.example.com/" + strings.Repeat("长", length-25) }
	text := func(length int) string { return strings.Repeat("长", length) }
	digits := func(length int) string { return strings.Repeat("1", length) }
	address := func(length int) string {
		return "0000:0000:0000:0000:0000:ffff:255.255.255." + strings.Repeat("1", length-42)
	}
	for _, limit := range []struct {
		refund bool
		path   string
		most   int
		value  func(int) string
	}{
		{false, "description", 127, text},
		{false, "out_trade_no", 32, digits},
		{false, "attach", 128, text},
		{false, "notify_url", 255, url},
		{false, "goods_tag", 32, text},
		{false, "detail/invoice_id", 32, text},
		{false, "detail/goods_detail[]/merchant_goods_id", 32, text},
		{false, "detail/goods_detail[]/wechatpay_goods_id", 32, text},
		{false, "detail/goods_detail[]/goods_name", 256, text},
		{false, "scene_info/payer_client_ip", 45, address},
		{false, "scene_info/device_id", 32, text},
		{false, "scene_info/store_info/id", 32, text},
		{false, "scene_info/store_info/name", 256, text},
		{false, "scene_info/store_info/area_code", 32, text},
		{false, "scene_info/store_info/address", 512, text},
		{true, "out_refund_no", 64, digits},
		{true, "reason", 80, text},
		{true, "notify_url", 256, url},
		{true, "goods_detail[]/merchant_goods_id", 32, text},
		{true, "goods_detail[]/wechatpay_goods_id", 32, text},
		{true, "goods_detail[]/goods_name", 256, text},
	} {
		name := "Order_" + limit.path
		if limit.refund {
			name = "Refund_" + limit.path
		}
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.buy(t, "NO-0001")
			send := func(length int) reply {
				value := nest(limit.path, limit.value(length)).(fields)
				if limit.refund {
					return b.refund(t, "NO-0001", "RE-1", 1, func(m fields) { merge(merge(m, refund()), value) })
				}
				return b.call(t, http.MethodPost, jsapiPath, b.order("NO-0002", func(m fields) { merge(merge(m, order()), value) }))
			}
			refused := send(limit.most + 1)
			require.Equal(t, http.StatusBadRequest, refused.status)
			require.Equal(t, "PARAM_ERROR", refused.code())
			require.Contains(t, refused.body, `"field":"/`+strings.ReplaceAll(limit.path, "[]", "/0")+`"`)
			require.Equal(t, http.StatusOK, send(limit.most).status, send(limit.most).body)
		})
	}
}

// TestLongIdentifiers: of what cannot be right at its limit, one more is another error.
func TestLongIdentifiers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	long := strings.Repeat("x", 129)
	for field, change := range map[string]func(map[string]any){
		"/appid": set("appid", long[:33]), "/mchid": set("mchid", long[:33]), "/time_expire": set("time_expire", long[:65]),
		"/amount/currency": set("amount", map[string]any{"total": 1, "currency": long[:17]}),
		"/payer/openid":    set("payer", map[string]any{"openid": long}),
	} {
		refused := b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001", change))
		require.Equal(t, "PARAM_ERROR", refused.code())
		require.Contains(t, refused.body, `"field":"`+field+`"`)
		require.Contains(t, refused.body, "大于最大值", field)
	}
	refused := b.refund(t, "NO-0001", "RE-1", 1, set("transaction_id", long[:33]))
	require.Contains(t, refused.body, `"field":"/transaction_id"`)
	require.Contains(t, refused.body, "大于最大值")
}

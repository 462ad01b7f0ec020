package wechattest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

const (
	postJSAPI  = "POST /v3/pay/transactions/jsapi"
	postNative = "POST /v3/pay/transactions/native"
	postH5     = "POST /v3/pay/transactions/h5"
	postApp    = "POST /v3/pay/transactions/app"
)

// placing orders NO-0001 with changes.
func placing(changes ...func(map[string]any)) ask {
	return func(t *testing.T, b bench) reply {
		return b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001", changes...))
	}
}

// wrongField is a row in which one field of a body breaks the rules.
func wrongField(at, name, field string, ask ask) errorRow {
	return errorRow{at: at, name: name, status: 400, code: "PARAM_ERROR", says: `{"field":"` + field + `"`, ask: ask}
}

// placingErrors are wrong orders (JSAPI下单 and its siblings).
func placingErrors() []errorRow {
	type fields = map[string]any
	amount := func(amount any) func(fields) { return set("amount", amount) }
	rows := []errorRow{
		{at: postJSAPI, name: "OtherAppID", status: 400, code: "APPID_MCHID_NOT_MATCH", ask: placing(set("appid", "wxd678efh567hg6787"))},
		{at: postJSAPI, name: "AppIDOfTheMobileApp", status: 400, code: "APPID_MCHID_NOT_MATCH", ask: func(t *testing.T, b bench) reply {
			return placing(set("appid", b.sim.MobileAppID()))(t, b)
		}},
		{at: postApp, name: "AppIDOfTheMiniProgram", status: 400, code: "APPID_MCHID_NOT_MATCH", ask: func(t *testing.T, b bench) reply {
			return b.placeBy(t, "app", "NO-0001")
		}},
		wrongField(postJSAPI, "NotJSON", "", func(t *testing.T, b bench) reply { return b.call(t, "POST", jsapiPath, "{") }),
		wrongField(postJSAPI, "NullBody", "", func(t *testing.T, b bench) reply { return b.call(t, "POST", jsapiPath, "null") }),
		wrongField(postNative, "Payer", "/payer", func(t *testing.T, b bench) reply {
			return b.placeBy(t, "native", "NO-0001", set("payer", fields{"openid": b.alice.OpenID()}))
		}),
	}
	for scene, field := range map[string]string{"": "/scene_info", "payer_client_ip": "/scene_info/h5_info"} {
		rows = append(rows, wrongField(postH5, "Without"+strings.ReplaceAll(field, "/", "_"), field, func(t *testing.T, b bench) reply {
			change := without("scene_info")
			if scene != "" {
				change = set("scene_info", fields{scene: "1.2.3.4"})
			}
			return b.placeBy(t, "h5", "NO-0001", change)
		}))
	}
	for name, test := range map[string]struct {
		change func(fields)
		field  string
	}{
		"NoAppID":              {without("appid"), "/appid"},
		"NoMchID":              {without("mchid"), "/mchid"},
		"OtherMchID":           {set("mchid", "1900000109"), "mchid"},
		"NoDescription":        {set("description", ""), "/description"},
		"Emoji":                {set("description", "😀"), "/description"},
		"ShortNumber":          {set("out_trade_no", "12345"), "/out_trade_no"},
		"NumberWithBlank":      {set("out_trade_no", "NO 0001"), "/out_trade_no"},
		"NoNotifyURL":          {without("notify_url"), "/notify_url"},
		"NotifyURLWithQuery":   {set("notify_url", "https://shop.example.com/a?b=c"), "/notify_url"},
		"NotifyURLWithPart":    {set("notify_url", "https://shop.example.com/a#b"), "/notify_url"},
		"RelativeNotifyURL":    {set("notify_url", "/notice"), "/notify_url"},
		"NoAmount":             {without("amount"), "/amount"},
		"ZeroTotal":            {amount(fields{"total": 0}), "/amount/total"},
		"TotalAsText":          {amount(fields{"total": "100"}), "/amount/total"},
		"FractionOfFen":        {amount(fields{"total": 0.5}), "/amount/total"},
		"OtherCurrency":        {amount(fields{"total": 100, "currency": "USD"}), "/amount/currency"},
		"NoPayer":              {without("payer"), "/payer"},
		"NoOpenID":             {set("payer", fields{}), "/payer/openid"},
		"UnknownOpenID":        {set("payer", fields{"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}), "/payer/openid"},
		"Null":                 {set("attach", nil), "/attach"},
		"UnknownField":         {set("colour", "red"), "/colour"},
		"UnknownNestedField":   {amount(fields{"total": 100, "tip": 1}), "/amount/tip"},
		"WrongTime":            {set("time_expire", "2026-03-01 12:00:00"), "/time_expire"},
		"FlagAsText":           {set("support_fapiao", "true"), "/support_fapiao"},
		"FlagAsNumber":         {set("settle_info", fields{"profit_sharing": 1}), "/settle_info/profit_sharing"},
		"ListAsText":           {set("limit_pay", "no_credit"), "/limit_pay"},
		"ListOfNumbers":        {set("limit_pay", []any{1}), "/limit_pay/0"},
		"UnknownLimit":         {set("limit_pay", []any{"no_credit", "everything"}), "/limit_pay/1"},
		"AddressOfNobody":      {set("scene_info", fields{"payer_client_ip": "x"}), "/scene_info/payer_client_ip"},
		"AddressWithPort":      {set("scene_info", fields{"payer_client_ip": "1.2.3.4:80"}), "/scene_info/payer_client_ip"},
		"AddressWithZone":      {set("scene_info", fields{"payer_client_ip": "fe80::1%eth0"}), "/scene_info/payer_client_ip"},
		"GoodsWithoutQuantity": {set("detail", fields{"goods_detail": []any{fields{"merchant_goods_id": "1", "unit_price": 1}}}), "/detail/goods_detail/0/quantity"},
		"SceneWithoutAddress":  {set("scene_info", fields{"device_id": "1"}), "/scene_info/payer_client_ip"},
	} {
		rows = append(rows, wrongField(postJSAPI, name, test.field, placing(test.change)))
	}
	return rows
}

// placingAgainErrors is what a second order under a number gets, by what became of the first.
func placingAgainErrors() (rows []errorRow) {
	placed := func(t *testing.T, b bench) { b.place(t, "NO-0001") }
	closed := func(t *testing.T, b bench) { require.Equal(t, 204, b.close(t, "NO-0001").status) }
	bought := func(t *testing.T, b bench) { b.buy(t, "NO-0001") }
	const refused = "INVALID_REQUEST"
	for _, again := range []struct {
		name   string
		before func(*testing.T, bench)
		status int
		code   string
		change func(map[string]any)
	}{
		{"SameTerms", placed, 200, "", nil},
		{"OtherAmount", placed, 400, refused, set("amount", map[string]any{"total": 101})},
		{"OtherDescription", placed, 400, refused, set("description", "other")},
		{"OtherNotifyURL", placed, 400, refused, set("notify_url", "https://shop.example.com/other")},
		{"AddedExpiry", placed, 400, refused, set("time_expire", "2026-03-02T12:00:00+08:00")},
		{"Paid", bought, 400, refused, nil},
		{"Closed", func(t *testing.T, b bench) { placed(t, b); closed(t, b) }, 400, "ORDER_CLOSED", nil},
		{"ClosedBeforePlaced", closed, 400, refused, nil},
		{"ClosedByItself", func(t *testing.T, b bench) { placed(t, b); b.clock.Advance(7 * 24 * time.Hour) }, 400, "ORDER_CLOSED", nil},
	} {
		change := again.change
		if change == nil {
			change = func(map[string]any) {}
		}
		rows = append(rows, errorRow{
			at: postJSAPI, name: again.name, status: again.status, code: again.code, ask: after(again.before, placing(change)),
		})
	}
	expiry := set("time_expire", "2026-03-01T13:00:00+08:00")
	return append(rows,
		errorRow{at: postJSAPI, name: "OtherPayer", status: 400, code: refused, ask: after(placed, func(t *testing.T, b bench) reply {
			return placing(set("payer", map[string]any{"openid": b.sim.Phone("bob").OpenID()}))(t, b)
		})},
		errorRow{at: postJSAPI, name: "Expired", status: 400, code: refused, says: "过期", ask: after(func(t *testing.T, b bench) {
			b.place(t, "NO-0001", expiry)
			b.clock.Advance(time.Hour)
		}, placing(expiry))},
		errorRow{
			at: postJSAPI, name: "PaidInOtherSpelling", status: 400, code: "ORDERPAID", ask: after(bought, placing()),
			with: []wechattest.Option{wechattest.WithOrderPaidCode("ORDERPAID")},
		})
}

func TestStrictNotifyURL(t *testing.T) {
	t.Parallel()
	b := setup(t, wechattest.WithStrictNotifyURL())
	for _, local := range []string{
		"http://shop.example.com/n", "https://localhost/n", "https://127.0.0.1/n", "https://10.0.0.1:8443/n", "https://intranet/n",
	} {
		refused := b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001", set("notify_url", local)))
		require.Equal(t, "PARAM_ERROR", refused.code(), local)
	}
	b.place(t, "NO-0001", set("notify_url", "https://shop.example.com:8443/n"))
	relaxed := setup(t)
	relaxed.place(t, "NO-0001", set("notify_url", "http://127.0.0.1:8080/n"))
}

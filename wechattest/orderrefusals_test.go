package wechattest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// TestPlacingIsRefused is a table of wrong requests and WeChat's answers.
func TestPlacingIsRefused(t *testing.T) {
	t.Parallel()
	type fields = map[string]any
	amount := func(amount any) func(fields) { return set("amount", amount) }
	tests := map[string]struct {
		change func(fields)
		code   string
		field  string
	}{
		"NoAppID":              {without("appid"), "PARAM_ERROR", "/appid"},
		"OtherAppID":           {set("appid", "wxd678efh567hg6787"), "APPID_MCHID_NOT_MATCH", ""},
		"NoMchID":              {without("mchid"), "PARAM_ERROR", "/mchid"},
		"OtherMchID":           {set("mchid", "1900000109"), "PARAM_ERROR", "mchid"},
		"NoDescription":        {set("description", ""), "PARAM_ERROR", "/description"},
		"LongDescription":      {set("description", strings.Repeat("长", 128)), "PARAM_ERROR", "/description"},
		"Emoji":                {set("description", "😀"), "PARAM_ERROR", "/description"},
		"ShortNumber":          {set("out_trade_no", "12345"), "PARAM_ERROR", "/out_trade_no"},
		"LongNumber":           {set("out_trade_no", strings.Repeat("1", 33)), "PARAM_ERROR", "/out_trade_no"},
		"NumberWithBlank":      {set("out_trade_no", "NO 0001"), "PARAM_ERROR", "/out_trade_no"},
		"LongAttach":           {set("attach", strings.Repeat("a", 129)), "PARAM_ERROR", "/attach"},
		"NoNotifyURL":          {without("notify_url"), "PARAM_ERROR", "/notify_url"},
		"NotifyURLWithQuery":   {set("notify_url", "https://shop.example.com/a?b=c"), "PARAM_ERROR", "/notify_url"},
		"RelativeNotifyURL":    {set("notify_url", "/notice"), "PARAM_ERROR", "/notify_url"},
		"LongNotifyURL":        {set("notify_url", "https://shop.example.com/"+strings.Repeat("a", 255)), "PARAM_ERROR", "/notify_url"},
		"NoAmount":             {without("amount"), "PARAM_ERROR", "/amount"},
		"ZeroTotal":            {amount(fields{"total": 0}), "PARAM_ERROR", "/amount/total"},
		"TotalAsText":          {amount(fields{"total": "100"}), "PARAM_ERROR", "/amount/total"},
		"FractionOfFen":        {amount(fields{"total": 0.5}), "PARAM_ERROR", "/amount/total"},
		"OtherCurrency":        {amount(fields{"total": 100, "currency": "USD"}), "PARAM_ERROR", "/amount/currency"},
		"NoOpenID":             {set("payer", fields{}), "PARAM_ERROR", "/payer/openid"},
		"UnknownOpenID":        {set("payer", fields{"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}), "PARAM_ERROR", "/payer/openid"},
		"Null":                 {set("attach", nil), "PARAM_ERROR", "/attach"},
		"UnknownField":         {set("colour", "red"), "PARAM_ERROR", "/colour"},
		"UnknownNestedField":   {amount(fields{"total": 100, "tip": 1}), "PARAM_ERROR", "/amount/tip"},
		"WrongTime":            {set("time_expire", "2026-03-01 12:00:00"), "PARAM_ERROR", "/time_expire"},
		"GoodsWithoutQuantity": {set("detail", fields{"goods_detail": []any{fields{"merchant_goods_id": "1", "unit_price": 1}}}), "PARAM_ERROR", "/detail/goods_detail/0/quantity"},
		"SceneWithoutAddress":  {set("scene_info", fields{"device_id": "1"}), "PARAM_ERROR", "/scene_info/payer_client_ip"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			refused := b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001", test.change))
			require.Equal(t, http.StatusBadRequest, refused.status, refused.body)
			require.Equal(t, test.code, refused.code())
			if test.field != "" {
				require.Contains(t, refused.body, `"field":"`+test.field+`"`)
				require.Contains(t, refused.body, `"location":"body"`)
			}
			require.NotContains(t, refused.body, "\n")
			require.Empty(t, b.sim.Orders())
		})
	}
}

func TestOtherRequestsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mchid := "?mchid=" + b.merchant.MchID
	tests := map[string]struct {
		method, target, body string
		status               int
		code, location       string
	}{
		"NotJSON":              {"POST", jsapiPath, "{", 400, "PARAM_ERROR", "body"},
		"NullBody":             {"POST", jsapiPath, "null", 400, "PARAM_ERROR", "body"},
		"UnknownPath":          {"POST", "/v3/pay/transactions/nowhere", "{}", 404, "RESOURCE_NOT_EXISTS", ""},
		"WrongMethod":          {"GET", jsapiPath, "", 404, "RESOURCE_NOT_EXISTS", ""},
		"QueryUnknownNumber":   {"GET", byNumber("NO-9999") + mchid, "", 404, "ORDER_NOT_EXIST", ""},
		"QueryUnknownID":       {"GET", "/v3/pay/transactions/id/4200000000" + mchid, "", 404, "ORDER_NOT_EXIST", ""},
		"QueryWithoutMchID":    {"GET", byNumber("NO-9999"), "", 400, "PARAM_ERROR", "query"},
		"QueryOfOtherMerchant": {"GET", byNumber("NO-9999") + "?mchid=1900000109", "", 400, "PARAM_ERROR", "query"},
		"QueryShortNumber":     {"GET", byNumber("1") + mchid, "", 400, "PARAM_ERROR", "uri"},
		"CloseShortNumber":     {"POST", byNumber("1") + "/close", `{"mchid":"` + b.merchant.MchID + `"}`, 400, "PARAM_ERROR", "uri"},
		"CloseWithoutMchID":    {"POST", byNumber("NO-9999") + "/close", `{}`, 400, "PARAM_ERROR", "body"},
		"CloseOfOtherMerchant": {"POST", byNumber("NO-9999") + "/close", `{"mchid":"1900000109"}`, 400, "PARAM_ERROR", "body"},
		"OtherAlgorithm":       {"GET", "/v3/certificates?algorithm_type=SM2", "", 400, "PARAM_ERROR", "query"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused := b.call(t, test.method, test.target, test.body)
			require.Equal(t, test.status, refused.status, refused.body)
			require.Equal(t, test.code, refused.code())
			if test.location != "" {
				require.Contains(t, refused.body, `"location":"`+test.location+`"`)
			}
		})
	}
}

func TestTransportRules(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, change := range map[string]func(http.Header){
		"NoAccept":        func(h http.Header) { h.Del("Accept") },
		"WrongAccept":     func(h http.Header) { h.Set("Accept", "text/html") },
		"NoUserAgent":     func(h http.Header) { h.Set("User-Agent", "") },
		"NoContentType":   func(h http.Header) { h.Del("Content-Type") },
		"FormContentType": func(h http.Header) { h.Set("Content-Type", "application/x-www-form-urlencoded") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused := b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001"), func(c *payCall) { change(c.header) })
			require.Equal(t, http.StatusBadRequest, refused.status)
			require.Equal(t, "PARAM_ERROR", refused.code())
		})
	}
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

package wechattest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

const (
	getByNumber = "GET /v3/pay/transactions/out-trade-no/{out_trade_no}"
	getByID     = "GET /v3/pay/transactions/id/{transaction_id}"
	postClose   = "POST /v3/pay/transactions/out-trade-no/{out_trade_no}/close"
	getKeys     = "GET /v3/certificates"
)

// calling makes one call to WeChat Pay.
func calling(method, target, body string) ask {
	return func(t *testing.T, b bench) reply { return b.call(t, method, target, body) }
}

// orderErrors are those of asking about an order and closing it, of certificates, and of paths that do not exist.
func orderErrors() []errorRow {
	const mchid, param = "?mchid=1673570001", "PARAM_ERROR"
	const none, long = "NO-9999", "420000000012345678901234567890123"
	closing := func(number, body string) ask { return calling("POST", byNumber(number)+"/close", body) }
	return []errorRow{
		{at: getByNumber, name: "UnknownNumber", status: 404, code: "ORDER_NOT_EXIST", ask: calling("GET", byNumber(none)+mchid, "")},
		{at: getByNumber, name: "NoMchID", status: 400, code: param, says: `"location":"query"`, ask: calling("GET", byNumber(none), "")},
		{at: getByNumber, name: "OtherMchID", status: 400, code: param, says: `"location":"query"`, ask: calling("GET", byNumber(none)+"?mchid=1900000109", "")},
		{at: getByNumber, name: "ShortNumber", status: 400, code: param, says: `"location":"uri"`, ask: calling("GET", byNumber("1")+mchid, "")},
		{at: getByID, name: "UnknownID", status: 404, code: "ORDER_NOT_EXIST", ask: calling("GET", "/v3/pay/transactions/id/4200000000"+mchid, "")},
		{at: getByID, name: "LongID", status: 400, code: param, says: `"location":"uri"`, ask: calling("GET", "/v3/pay/transactions/id/"+long+mchid, "")},
		{at: getByID, name: "NoMchID", status: 400, code: param, says: `"location":"query"`, ask: calling("GET", "/v3/pay/transactions/id/42", "")},

		{at: postClose, name: "Unpaid", status: 204, ask: after(func(t *testing.T, b bench) { b.place(t, none) }, closing(none, `{"mchid":"1673570001"}`))},
		{at: postClose, name: "UnknownNumber", status: 204, ask: closing(none, `{"mchid":"1673570001"}`)},
		{at: postClose, name: "Again", status: 204, ask: after(func(t *testing.T, b bench) { b.close(t, none) }, closing(none, `{"mchid":"1673570001"}`))},
		{at: postClose, name: "Paid", status: 400, code: "ORDER_PAID", ask: after(func(t *testing.T, b bench) { b.buy(t, none) }, closing(none, `{"mchid":"1673570001"}`))},
		{
			at: postClose, name: "PaidInOtherSpelling", status: 400, code: "ORDERPAID",
			ask:  after(func(t *testing.T, b bench) { b.buy(t, none) }, closing(none, `{"mchid":"1673570001"}`)),
			with: []wechattest.Option{wechattest.WithOrderPaidCode("ORDERPAID")},
		},
		{at: postClose, name: "ShortNumber", status: 400, code: param, says: `"location":"uri"`, ask: closing("1", `{"mchid":"1673570001"}`)},
		wrongField(postClose, "NoBody", "", closing(none, "")),
		wrongField(postClose, "NoMchID", "/mchid", closing(none, `{}`)),
		wrongField(postClose, "OtherMchID", "mchid", closing(none, `{"mchid":"1900000109"}`)),
		wrongField(postClose, "UnknownField", "/appid", closing(none, `{"mchid":"1673570001","appid":"wx0"}`)),

		{at: getKeys, name: "OtherAlgorithm", status: 400, code: param, says: `"location":"query"`, ask: calling("GET", "/v3/certificates?algorithm_type=SM2", "")},
		{
			at: getKeys, name: "NoCertificates", status: 404, code: "RESOURCE_NOT_EXISTS", ask: calling("GET", "/v3/certificates", ""),
			with: []wechattest.Option{wechattest.WithKeyMode(wechattest.PublicKey)},
		},
		{at: "/v3/", name: "UnknownPath", status: 404, code: "RESOURCE_NOT_EXISTS", ask: calling("POST", "/v3/pay/transactions/nowhere", "{}")},
		{at: "/v3/", name: "WrongMethod", status: 404, code: "RESOURCE_NOT_EXISTS", ask: calling("GET", "/v3/pay/transactions/nowhere", "")},
	}
}

// transportErrors are those that do not depend on the endpoint: headers (基本规则) and signatures (如何生成签名).
func transportErrors() (rows []errorRow) {
	sending := func(change func(*payCall)) ask {
		return func(t *testing.T, b bench) reply {
			return b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001"), change)
		}
	}
	for name, change := range map[string]func(http.Header){
		"NoAccept":        func(h http.Header) { h.Del("Accept") },
		"WrongAccept":     func(h http.Header) { h.Set("Accept", "text/html") },
		"NoUserAgent":     func(h http.Header) { h.Set("User-Agent", "") },
		"NoContentType":   func(h http.Header) { h.Del("Content-Type") },
		"FormContentType": func(h http.Header) { h.Set("Content-Type", "application/x-www-form-urlencoded") },
		"UnknownSerial":   func(h http.Header) { h.Set("Wechatpay-Serial", "444F4864EA9B34415A7A2A1C37B6C1F0F4B2AC17") },
	} {
		rows = append(rows, errorRow{
			at: postJSAPI, name: name, status: 400, code: "PARAM_ERROR", says: `"location":"header"`,
			ask: sending(func(c *payCall) { change(c.header) }),
		})
	}
	authorize := func(value string) func(*payCall) {
		return func(c *payCall) {
			c.afterSigning = func(r *http.Request) { r.Header.Set("Authorization", value) }
		}
	}
	const scheme = "WECHATPAY2-SHA256-RSA2048 "
	for _, wrong := range []struct {
		name, field string
		change      func(*payCall)
	}{
		{"NoAuthorization", "Authorization", authorize("")},
		{"OtherScheme", "Authorization", authorize("Bearer abc")},
		{"MissingPair", "Authorization", authorize(scheme + `mchid="1",nonce_str="2"`)},
		{"NoQuotes", "Authorization", authorize(scheme + `mchid=1,nonce_str=2,signature=3,timestamp=4,serial_no=5`)},
		{"RepeatedPair", "Authorization", authorize(scheme + `mchid="1",mchid="1",nonce_str="2",signature="3",timestamp="4",serial_no="5"`)},
		{"TimestampNoNumber", "Authorization", authorize(scheme + `mchid="1",nonce_str="2",signature="3",timestamp="x",serial_no="5"`)},
		{"UnknownMerchant", "mchid", func(c *payCall) { c.mchID = "1900000109" }},
		{"UnknownMerchantSerial", "serial_no", func(c *payCall) { c.serial = "444F4864EA9B34415A7A2A1C37B6C1F0F4B2AC17" }},
		{"Late", "timestamp", func(c *payCall) { c.at = c.at.Add(-301 * time.Second) }},
		{"Early", "timestamp", func(c *payCall) { c.at = c.at.Add(301 * time.Second) }},
		{"ChangedBody", "signature", func(c *payCall) { c.sentBody = new(c.body + " ") }},
		{"ChangedQuery", "signature", func(c *payCall) {
			c.afterSigning = func(r *http.Request) { r.URL.RawQuery = "a=1" }
		}},
	} {
		rows = append(rows, errorRow{
			at: postJSAPI, name: wrong.name, status: 401, code: "SIGN_ERROR",
			says: `"detail":{"field":"` + wrong.field + `"`, ask: sending(wrong.change),
		})
	}
	return append(rows,
		errorRow{
			at: postJSAPI, name: "OtherKey", status: 401, code: "SIGN_ERROR", says: "sign not match",
			ask: func(t *testing.T, b bench) reply {
				stranger, err := rsa.GenerateKey(rand.Reader, 2048)
				require.NoError(t, err)
				return sending(func(c *payCall) { c.key = stranger })(t, b)
			},
		},
		errorRow{
			at: "/v3/", name: "ChangedMethod", status: 401, code: "SIGN_ERROR", says: "sign not match",
			ask: sending(func(c *payCall) {
				c.afterSigning = func(r *http.Request) { r.Method = http.MethodPut }
			}),
		},
		errorRow{
			at: postJSAPI, name: "ExpiredCertificate", status: 401, code: "SIGN_ERROR", says: "商户证书已过期",
			ask: after(func(_ *testing.T, b bench) { b.clock.Advance(100 * 366 * 24 * time.Hour) }, placing()),
		})
}

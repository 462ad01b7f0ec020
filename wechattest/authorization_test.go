package wechattest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

func TestWrongSignaturesAreRefused(t *testing.T) {
	t.Parallel()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	authorize := func(value string) func(*payCall) {
		return func(c *payCall) {
			c.afterSigning = func(r *http.Request) { r.Header.Set("Authorization", value) }
		}
	}
	tests := map[string]struct {
		change func(*payCall)
		field  string
	}{
		"NoAuthorization":   {authorize(""), "Authorization"},
		"OtherScheme":       {authorize("Bearer abc"), "Authorization"},
		"MissingPair":       {authorize(`WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="2"`), "Authorization"},
		"NoQuotes":          {authorize(`WECHATPAY2-SHA256-RSA2048 mchid=1,nonce_str=2,signature=3,timestamp=4,serial_no=5`), "Authorization"},
		"RepeatedPair":      {authorize(`WECHATPAY2-SHA256-RSA2048 mchid="1",mchid="1",nonce_str="2",signature="3",timestamp="4",serial_no="5"`), "Authorization"},
		"TimestampNoNumber": {authorize(`WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="2",signature="3",timestamp="x",serial_no="5"`), "Authorization"},
		"UnknownMerchant":   {func(c *payCall) { c.mchID = "1900000109" }, "mchid"},
		"UnknownSerial":     {func(c *payCall) { c.serial = "444F4864EA9B34415A7A2A1C37B6C1F0F4B2AC17" }, "serial_no"},
		"Late":              {func(c *payCall) { c.at = c.at.Add(-301 * time.Second) }, "timestamp"},
		"Early":             {func(c *payCall) { c.at = c.at.Add(301 * time.Second) }, "timestamp"},
		"OtherKey":          {func(c *payCall) { c.key = stranger }, "signature"},
		"BodyByte":          {func(c *payCall) { changed := c.body + " "; c.sentBody = &changed }, "signature"},
		"QueryNotSigned": {func(c *payCall) {
			c.afterSigning = func(r *http.Request) { r.URL.RawQuery = "a=1" }
		}, "signature"},
		"MethodNotSigned": {func(c *payCall) {
			c.afterSigning = func(r *http.Request) { r.Method = http.MethodPut }
		}, "signature"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			refused := b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001"), test.change)
			require.Equal(t, http.StatusUnauthorized, refused.status)
			require.Equal(t, "SIGN_ERROR", refused.code())
			require.Empty(t, refused.header.Get("Wechatpay-Signature"), "a 401 is not signed")
			require.Regexp(t, `^[0-9A-F]+-268443699$`, refused.header.Get("Request-Id"))
			var body struct {
				Detail struct {
					Field    string `json:"field"`
					Location string `json:"location"`
				} `json:"detail"`
			}
			require.NoError(t, json.Unmarshal([]byte(refused.body), &body))
			require.Equal(t, test.field, body.Detail.Field)
			require.Equal(t, "authorization", body.Detail.Location)
			require.Empty(t, b.sim.Orders())
		})
	}
}

func TestSignErrorShowsWhatWasSigned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	refused := b.call(t, http.MethodGet, byNumber("NO-0001"), "", func(c *payCall) {
		c.afterSigning = func(r *http.Request) { r.URL.RawQuery = "mchid=" + b.merchant.MchID }
	})
	require.Equal(t, http.StatusUnauthorized, refused.status)
	var body struct {
		Detail struct {
			Issue string `json:"issue"`
			Info  struct {
				Method    string `json:"method"`
				URL       string `json:"url"`
				Truncated string `json:"truncated_sign_message"`
				Length    int    `json:"sign_message_length"`
			} `json:"sign_information"`
		} `json:"detail"`
	}
	require.NoError(t, json.Unmarshal([]byte(refused.body), &body))
	require.Equal(t, "sign not match", body.Detail.Issue)
	require.Equal(t, http.MethodGet, body.Detail.Info.Method)
	target := byNumber("NO-0001") + "?mchid=" + b.merchant.MchID
	require.Equal(t, target, body.Detail.Info.URL)
	require.Equal(t, "GET\n"+target+"\n1772337600\nnonce\n", body.Detail.Info.Truncated)
	require.Equal(t, len(body.Detail.Info.Truncated)+1, body.Detail.Info.Length)
}

func TestFiveMinutesAreTolerated(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
		b := setup(t)
		placed := b.call(t, http.MethodPost, jsapiPath, b.order("NO-0001"), func(c *payCall) { c.at = c.at.Add(off) })
		require.Equal(t, http.StatusOK, placed.status)
	}
}

func TestErrorsAfterARightSignatureAreSigned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	refused := b.call(t, http.MethodGet, byNumber("NO-0001")+"?mchid="+b.merchant.MchID, "")
	require.Equal(t, http.StatusNotFound, refused.status)
	requireSigned(t, b, refused, b.sim.PlatformSerials()[0])
}

func TestAnswerKeyFollowsTheRequest(t *testing.T) {
	t.Parallel()
	ask := func(serial string) func(*payCall) {
		return func(c *payCall) { c.header.Set("Wechatpay-Serial", serial) }
	}
	b := setup(t)
	query := byNumber("NO-0001") + "?mchid=" + b.merchant.MchID
	certificate := b.sim.PlatformSerials()[0]
	for _, wanted := range []string{b.sim.PublicKeyID(), certificate} {
		requireSigned(t, b, b.call(t, http.MethodGet, query, "", ask(wanted)), wanted)
	}
	unknown := b.call(t, http.MethodGet, query, "", ask("444F4864EA9B34415A7A2A1C37B6C1F0F4B2AC17"))
	require.Equal(t, http.StatusBadRequest, unknown.status)
	require.Equal(t, "PARAM_ERROR", unknown.code())
	requireSigned(t, b, unknown, certificate)

	b.sim.RotateCertificate()
	next := b.sim.PlatformSerials()[1]
	requireSigned(t, b, b.call(t, http.MethodGet, query, ""), next)
	requireSigned(t, b, b.call(t, http.MethodGet, query, "", ask(certificate)), certificate)

	require.NoError(t, b.sim.SignWith(b.sim.PublicKeyID()))
	requireSigned(t, b, b.call(t, http.MethodGet, query, ""), b.sim.PublicKeyID())
	require.Error(t, b.sim.SignWith("nobody's"))
}

func TestKeyModesOfferTheirOwnKeyOnly(t *testing.T) {
	t.Parallel()
	b := setup(t, wechattest.WithKeyMode(wechattest.PublicKey))
	refused := b.call(t, http.MethodGet, "/v3/certificates", "")
	require.Equal(t, http.StatusNotFound, refused.status)
	require.Equal(t, "RESOURCE_NOT_EXISTS", refused.code())
	requireSigned(t, b, refused, b.sim.PublicKeyID())
	require.Error(t, b.sim.SignWith(b.sim.PlatformSerials()[0]))

	b = setup(t, wechattest.WithKeyMode(wechattest.PlatformCertificate))
	require.Error(t, b.sim.SignWith(b.sim.PublicKeyID()))
	require.Equal(t, http.StatusOK, b.call(t, http.MethodGet, "/v3/certificates", "").status)
}

package wechattest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

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

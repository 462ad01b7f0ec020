package wechattest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (b bench) token(t *testing.T, force bool) reply {
	t.Helper()
	app := b.sim.App()
	return b.post(t, "/cgi-bin/stable_token", map[string]any{
		"grant_type": "client_credential", "appid": app.AppID, "secret": app.AppSecret, "force_refresh": force,
	})
}

// phoneNumber exchanges a phone code.
func (b bench) phoneNumber(t *testing.T, token, code, openID string) reply {
	t.Helper()
	body := map[string]any{"code": code}
	if openID != "" {
		body["openid"] = openID
	}
	return b.post(t, "/wxa/business/getuserphonenumber?access_token="+token, body)
}

func (b bench) grant(t *testing.T) string {
	t.Helper()
	code, err := b.alice.GrantPhone(t.Context())
	require.NoError(t, err)
	return code
}

func TestStableToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.token(t, false)
	require.Equal(t, "7200", first.field("expires_in"))
	require.NotContains(t, first.body, "errcode")
	b.clock.Advance(time.Hour)
	again := b.token(t, false)
	require.Equal(t, first.field("access_token"), again.field("access_token"))
	require.Equal(t, "3600", again.field("expires_in"), "the rest of its life")

	b.clock.Advance(55 * time.Minute)
	next := b.token(t, false)
	require.NotEqual(t, first.field("access_token"), next.field("access_token"), "replaced in its last five minutes")
	for _, token := range []string{first.field("access_token"), next.field("access_token")} {
		require.Equal(t, "0", b.phoneNumber(t, token, b.grant(t), "").field("errcode"), "both are valid")
	}
	b.clock.Advance(5 * time.Minute)
	requireErrcode(t, 42001, b.phoneNumber(t, first.field("access_token"), b.grant(t), ""))
}

func TestForcedRefresh(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.token(t, false).field("access_token")
	second := b.token(t, true).field("access_token")
	require.NotEqual(t, first, second)
	code := b.grant(t)
	requireErrcode(t, 40001, b.phoneNumber(t, first, code, ""))
	require.Equal(t, "0", b.phoneNumber(t, second, code, "").field("errcode"), "a refused token leaves the code unused")

	b.clock.Advance(29 * time.Second)
	require.Equal(t, second, b.token(t, true).field("access_token"), "30 s apart")
	for range 19 {
		b.clock.Advance(30 * time.Second)
		require.NotContains(t, b.token(t, true).body, "errcode")
	}
	b.clock.Advance(30 * time.Second)
	requireErrcode(t, 45009, b.token(t, true))
	b.clock.Advance(24 * time.Hour)
	require.NotContains(t, b.token(t, true).body, "errcode")

	token := b.token(t, false).field("access_token")
	b.sim.RevokeAccessTokens()
	requireErrcode(t, 40001, b.phoneNumber(t, token, b.grant(t), ""))
}

func TestPhoneNumber(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.token(t, false).field("access_token")
	b.alice.SetNumber("86", "13580006666")
	code := b.grant(t)
	answer := b.phoneNumber(t, token, code, b.alice.OpenID())
	require.Equal(t, http.StatusOK, answer.status)
	requireText(t, `{"errcode":0,"errmsg":"ok","phone_info":{"phoneNumber":"13580006666","purePhoneNumber":"13580006666",`+
		`"countryCode":"86","watermark":{"timestamp":1772337600,"appid":"wx7e57000000000001"}}}`, answer.body)
	requireErrcode(t, 40029, b.phoneNumber(t, token, code, ""))

	b.alice.SetNumber("852", "61234567")
	require.Contains(t, b.phoneNumber(t, token, b.grant(t), "").body, `"phoneNumber":"85261234567","purePhoneNumber":"61234567"`)
}

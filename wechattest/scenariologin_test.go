package wechattest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestScenarioSameCodeTwice(t *testing.T) {
	t.Parallel()
	b := play(t, "same-code-twice")
	first := b.login(t, b.alice)
	require.NotContains(t, b.exchange(t, first).body, "errcode")
	again := b.login(t, b.alice)
	require.Equal(t, first, again)
	requireErrcode(t, 40163, b.exchange(t, again))
	require.NotContains(t, b.exchange(t, b.login(t, b.alice)).body, "errcode")
}

func TestScenarioLostSession(t *testing.T) {
	t.Parallel()
	b := play(t, "lost-session")
	code := b.login(t, b.alice)
	app := b.sim.App()
	query := url.Values{"appid": {app.AppID}, "secret": {app.AppSecret}, "js_code": {code}, "grant_type": {"authorization_code"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, openAPI+"/sns/jscode2session?"+query.Encode(), nil)
	require.NoError(t, err)
	_, err = b.sim.RoundTripper().RoundTrip(request)
	require.Error(t, err)
	requireErrcode(t, 40163, b.exchange(t, code))
}

func TestScenarioLoginTrouble(t *testing.T) {
	t.Parallel()
	b := play(t, "login-trouble")
	code := b.login(t, b.alice)
	for _, want := range []int{-1, 45011, 40029} {
		requireErrcode(t, want, b.exchange(t, code))
	}
	require.Equal(t, b.alice.OpenID(), b.exchange(t, code).field("openid"), "the code was not used")
}

func TestScenarioTokenTaken(t *testing.T) {
	t.Parallel()
	b := play(t, "token-taken")
	code := b.grant(t)
	token := b.token(t, false).field("access_token")
	requireErrcode(t, 40001, b.phoneNumber(t, token, code, ""))
	require.Equal(t, "0", b.phoneNumber(t, token, code, "").field("errcode"), "the phone code was not used")
}

func TestScenarioQuotas(t *testing.T) {
	t.Parallel()
	b := play(t, "token-quota")
	requireErrcode(t, 45009, b.plainToken(t, b.sim.App()))
	require.NotContains(t, b.token(t, false).body, "errcode", "the stable token has its own quota")

	b = play(t, "ticket-quota")
	token := b.plainToken(t, b.sim.OfficialAccount()).field("access_token")
	requireErrcode(t, 45009, b.get(t, "/cgi-bin/ticket/getticket", url.Values{"access_token": {token}, "type": {"jsapi"}}))
}

func TestScenarioOAuthTwice(t *testing.T) {
	t.Parallel()
	b := play(t, "oauth-twice")
	code := b.oauthCode(t, "snsapi_base")
	app, first := b.sim.OfficialAccount(), make(chan string, 1)
	query := url.Values{"appid": {app.AppID}, "secret": {app.AppSecret}, "code": {code}, "grant_type": {"authorization_code"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, openAPI+"/sns/oauth2/access_token?"+query.Encode(), nil)
	require.NoError(t, err)
	go func() {
		response, err := b.sim.RoundTripper().RoundTrip(request)
		if err != nil {
			first <- err.Error()
			return
		}
		content, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		first <- string(content)
	}()
	require.Eventually(t, func() bool { return b.sim.FaultReports()[0].Struck == 1 }, 10*time.Second, time.Millisecond)
	require.NotContains(t, b.exchangeOAuth(t, code).body, "errcode", "the second load overtakes the first")
	require.Eventually(t, func() bool { // until the slow one has gone to sleep
		b.clock.Advance(3 * time.Second)
		return len(first) == 1
	}, 10*time.Second, time.Millisecond)
	require.Contains(t, <-first, `"errcode":40163`)
}

func TestScenarioStaleSessionKey(t *testing.T) {
	t.Parallel()
	b := play(t, "stale-session-key")
	for _, readable := range []bool{false, true} {
		kept := b.exchange(t, b.login(t, b.alice)).field("session_key")
		data, err := b.alice.EncryptedPhone(t.Context())
		require.NoError(t, err)
		require.Equal(t, readable, json.Valid([]byte(decrypt(t, kept, data))))
	}
}

func TestScenarioUnionIDLater(t *testing.T) {
	t.Parallel()
	b := play(t, "unionid-later")
	first := b.exchange(t, b.login(t, b.alice))
	require.Equal(t, b.alice.OpenID(), first.field("openid"))
	require.NotContains(t, first.body, "unionid")
	require.Equal(t, b.alice.UnionID(), b.exchange(t, b.login(t, b.alice)).field("unionid"))
}

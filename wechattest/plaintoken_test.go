package wechattest_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/canary"
	"wgink.ink/wechat/wechattest"
)

func (b bench) plainToken(t *testing.T, app wechattest.App, changes ...func(url.Values)) reply {
	t.Helper()
	query := url.Values{"grant_type": {"client_credential"}, "appid": {app.AppID}, "secret": {app.AppSecret}}
	for _, change := range changes {
		change(query)
	}
	return b.get(t, "/cgi-bin/token", query)
}

// works says whether an access_token of the mini-program is good.
func (b bench) works(t *testing.T, token string) bool {
	t.Helper()
	return b.phoneNumber(t, token, b.grant(t), "").field("errcode") == "0"
}

func TestPlainTokenReplacesTheOneBefore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stable := b.token(t, false).field("access_token")
	first := b.plainToken(t, b.sim.App())
	require.Equal(t, "7200", first.field("expires_in"))
	second := b.plainToken(t, b.sim.App()).field("access_token")
	require.NotEqual(t, first.field("access_token"), second)
	require.True(t, b.works(t, first.field("access_token")), "for five more minutes")
	b.clock.Advance(5 * time.Minute)
	requireErrcode(t, 42001, b.phoneNumber(t, first.field("access_token"), b.grant(t), ""))
	require.True(t, b.works(t, second))
	require.True(t, b.works(t, stable), "the two kinds do not touch each other")
	b.token(t, true)
	require.True(t, b.works(t, second), "nor the other way round")
}

func TestPlainTokenIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	change := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	for code, changed := range map[int]func(url.Values){
		40002: change("grant_type", "authorization_code"), 40013: change("appid", "wx0"), 40125: change("secret", "x"),
		41002: change("appid", ""), 41004: change("secret", ""),
	} {
		requireErrcode(t, code, b.plainToken(t, b.sim.App(), changed))
	}
	requireErrcode(t, 43001, b.post(t, "/cgi-bin/token", nil))
	for range 2000 {
		require.NotContains(t, b.plainToken(t, b.sim.App()).body, "errcode")
	}
	requireErrcode(t, 45009, b.plainToken(t, b.sim.App()))
	require.NotContains(t, b.plainToken(t, b.sim.OfficialAccount()).body, "errcode", "each app has its own quota")
	b.clock.Advance(24 * time.Hour)
	require.NotContains(t, b.plainToken(t, b.sim.App()).body, "errcode")
}

func TestTokensOfAnotherAppDoNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.plainToken(t, b.sim.OfficialAccount()).field("access_token")
	requireErrcode(t, 48001, b.phoneNumber(t, token, b.grant(t), ""))
}

func TestSecretsCarryTheMarkOfTests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, secret := range []string{
		b.exchange(t, b.login(t, b.alice)).field("session_key"),
		b.token(t, false).field("access_token"), b.plainToken(t, b.sim.App()).field("access_token"),
		b.sim.OfficialAccount().AppSecret,
	} {
		require.NotEmpty(t, canary.Find([]byte("x"+secret)))
	}
}

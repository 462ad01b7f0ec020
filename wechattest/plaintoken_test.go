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

func TestPlainTokenQuota(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 2000 {
		require.NotContains(t, b.plainToken(t, b.sim.App()).body, "errcode")
	}
	requireErrcode(t, 45009, b.plainToken(t, b.sim.App()))
	require.NotContains(t, b.plainToken(t, b.sim.OfficialAccount()).body, "errcode", "each app has its own quota")
	b.clock.Advance(24 * time.Hour)
	require.NotContains(t, b.plainToken(t, b.sim.App()).body, "errcode")
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

package wechattest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

const openAPI = "https://api.weixin.qq.com"

func (b bench) get(t *testing.T, path string, query url.Values) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, openAPI+path+"?"+query.Encode(), nil)
	require.NoError(t, err)
	return do(t, b.sim, request)
}

func (b bench) post(t *testing.T, path string, body any) reply {
	t.Helper()
	content, err := json.Marshal(body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, openAPI+path, strings.NewReader(string(content)))
	require.NoError(t, err)
	return do(t, b.sim, request)
}

// exchange is code2Session, with changes to the query.
func (b bench) exchange(t *testing.T, code string, changes ...func(url.Values)) reply {
	t.Helper()
	app := b.sim.App()
	query := url.Values{
		"appid": {app.AppID}, "secret": {app.AppSecret}, "js_code": {code}, "grant_type": {"authorization_code"},
	}
	for _, change := range changes {
		change(query)
	}
	return b.get(t, "/sns/jscode2session", query)
}

func (b bench) login(t *testing.T, phone *wechattest.Phone) string {
	t.Helper()
	code, err := phone.Login(t.Context())
	require.NoError(t, err)
	return code
}

func requireErrcode(t *testing.T, want int, r reply) {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status)
	require.Equal(t, fmt.Sprint(want), r.field("errcode"), r.body)
	require.Regexp(t, `, rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`, r.field("errmsg"))
}

func TestCodeToSession(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.exchange(t, b.login(t, b.alice))
	require.Equal(t, http.StatusOK, r.status)
	require.Equal(t, "text/plain", r.header.Get("Content-Type"))
	require.NotContains(t, r.body, "errcode")
	require.Equal(t, b.alice.OpenID(), r.field("openid"))
	require.Equal(t, b.alice.UnionID(), r.field("unionid"))
	require.Regexp(t, `^[0-9A-Za-z+/]{22}==$`, r.field("session_key"))

	b.sim.BindOpenPlatform(false)
	require.NotContains(t, b.exchange(t, b.login(t, b.alice)).body, "unionid")
	require.NotEqual(t, b.alice.OpenID(), b.sim.Phone("bob").OpenID())
	require.Equal(t, b.alice.OpenID(), b.sim.Phone("alice").OpenID(), "the same name is the same person")
}

func TestRefusedLoginsUseNoCodeUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	code := b.login(t, b.alice)
	for _, wrong := range []string{"appid", "secret", "grant_type"} {
		require.Contains(t, b.exchange(t, code, put(wrong, "x")).body, "errcode")
	}
	require.Equal(t, b.alice.OpenID(), b.exchange(t, code).field("openid"))
}

func TestCodesWorkOnceForFiveMinutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	used, late := b.login(t, b.alice), b.login(t, b.alice)
	b.clock.Advance(5 * time.Minute)
	require.Equal(t, b.alice.OpenID(), b.exchange(t, used).field("openid"))
	requireErrcode(t, 40163, b.exchange(t, used))
	b.clock.Advance(time.Second)
	requireErrcode(t, 40029, b.exchange(t, late))
}

func TestBlockedAndHastyUsers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.SetHighRisk(true)
	requireErrcode(t, 40226, b.exchange(t, b.login(t, b.alice)))
	b.alice.SetHighRisk(false)
	for range 100 {
		require.NotContains(t, b.exchange(t, b.login(t, b.alice)).body, "errcode")
	}
	requireErrcode(t, 45011, b.exchange(t, b.login(t, b.alice)))
	require.NotContains(t, b.exchange(t, b.login(t, b.sim.Phone("bob"))).body, "errcode")
	b.clock.Advance(time.Minute)
	require.NotContains(t, b.exchange(t, b.login(t, b.alice)).body, "errcode")
}

package wechattest_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

const callback = "https://shop.example.com/callback?keep=1"

func (b bench) oauthLink(scope string) string {
	return "https://open.weixin.qq.com/connect/oauth2/authorize?appid=" + b.sim.OfficialAccount().AppID +
		"&redirect_uri=" + url.QueryEscape(callback) + "&response_type=code&scope=" + scope + "&state=abc123#wechat_redirect"
}

// oauthCode is the code that alice's phone hands out.
func (b bench) oauthCode(t *testing.T, scope string) string {
	t.Helper()
	redirect, err := b.alice.Authorize(t.Context(), b.oauthLink(scope))
	require.NoError(t, err)
	back, err := url.Parse(redirect)
	require.NoError(t, err)
	require.Regexp(t, `^https://shop\.example\.com/callback\?keep=1&code=[0-9A-Za-z]{32}&state=abc123$`, redirect)
	return back.Query().Get("code")
}

func (b bench) exchangeOAuth(t *testing.T, code string, changes ...func(url.Values)) reply {
	t.Helper()
	app := b.sim.OfficialAccount()
	query := url.Values{"appid": {app.AppID}, "secret": {app.AppSecret}, "code": {code}, "grant_type": {"authorization_code"}}
	for _, change := range changes {
		change(query)
	}
	return b.get(t, "/sns/oauth2/access_token", query)
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.alice.SetProfile(wechattest.Profile{NickName: "阿丽", AvatarURL: "https://thirdwx.qlogo.cn/a"})
	code := b.oauthCode(t, "snsapi_userinfo")
	granted := b.exchangeOAuth(t, code)
	openID := b.alice.OpenIDUnder(b.sim.OfficialAccount().AppID)
	require.Equal(t, openID, granted.field("openid"))
	require.NotEqual(t, b.alice.OpenID(), openID)
	require.Equal(t, b.alice.UnionID(), granted.field("unionid"), "the same person")
	require.NotContains(t, granted.body, "errcode")
	require.NotContains(t, granted.body, "is_snapshotuser")
	requireErrcode(t, 40163, b.exchangeOAuth(t, code))

	with := url.Values{"access_token": {granted.field("access_token")}, "openid": {openID}, "lang": {"zh_CN"}}
	requireText(t, `{"openid":"`+openID+`","nickname":"阿丽","sex":0,"language":"","city":"","province":"","country":"",`+
		`"headimgurl":"https://thirdwx.qlogo.cn/a","privilege":[],"unionid":"`+b.alice.UnionID()+`"}`, b.get(t, "/sns/userinfo", with).body)
	requireText(t, `{"errcode":0,"errmsg":"ok"}`, b.get(t, "/sns/auth", with).body)

	refresh := url.Values{
		"appid": {b.sim.OfficialAccount().AppID}, "grant_type": {"refresh_token"}, "refresh_token": {granted.field("refresh_token")},
	}
	b.clock.Advance(time.Hour)
	again := b.get(t, "/sns/oauth2/refresh_token", refresh)
	require.Equal(t, granted.field("access_token"), again.field("access_token"), "a living token lives on")
	b.clock.Advance(2 * time.Hour)
	requireErrcode(t, 42001, b.get(t, "/sns/auth", with))
	next := b.get(t, "/sns/oauth2/refresh_token", refresh)
	require.NotEqual(t, granted.field("access_token"), next.field("access_token"))
	requireErrcode(t, 40001, b.get(t, "/sns/auth", with))
	b.clock.Advance(30 * 24 * time.Hour)
	requireErrcode(t, 42002, b.get(t, "/sns/oauth2/refresh_token", refresh))
}

func TestSilentOAuthKnowsTheOpenIDOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	granted := b.exchangeOAuth(t, b.oauthCode(t, "snsapi_base"))
	require.NotContains(t, granted.body, "unionid")
	requireErrcode(t, 48001, b.get(t, "/sns/userinfo", url.Values{
		"access_token": {granted.field("access_token")}, "openid": {granted.field("openid")},
	}))
	b.alice.SetSnapshot(true)
	snapshot := b.exchangeOAuth(t, b.oauthCode(t, "snsapi_userinfo"))
	require.Equal(t, "1", snapshot.field("is_snapshotuser"))
	require.NotEqual(t, granted.field("openid"), snapshot.field("openid"), "a made-up identity")
}

func TestAuthorizationLinksAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t, wechattest.WithOAuthDomain("shop.example.com"))
	right := b.oauthLink("snsapi_base")
	for name, test := range map[string]struct {
		link string
		code int
	}{
		"NoFragment":    {strings.TrimSuffix(right, "#wechat_redirect"), 10004},
		"OtherOrder":    {strings.Replace(right, "?appid", "?scope=snsapi_base&appid", 1), 10004},
		"OtherCase":     {strings.Replace(right, "appid", "appId", 1), 10004},
		"OtherApp":      {strings.Replace(right, b.sim.OfficialAccount().AppID, b.sim.App().AppID, 1), 10004},
		"OtherType":     {strings.Replace(right, "type=code", "type=token", 1), 10004},
		"OtherScope":    {strings.Replace(right, "snsapi_base", "snsapi_login", 1), 10005},
		"OtherDomain":   {strings.Replace(right, "shop.example", "evil.example", 1), 10003},
		"SubDomain":     {strings.Replace(right, "shop.example", "a.shop.example", 1), 10003},
		"RelativeURI":   {strings.Replace(right, "https%3A%2F%2Fshop.example.com", "", 1), 10003},
		"StateWithSign": {strings.Replace(right, "abc123", "abc%2F123", 1), 10004},
	} {
		var refused *wechattest.OAuthRefusedError
		_, err := b.alice.Authorize(t.Context(), test.link)
		require.ErrorAs(t, err, &refused, name)
		require.Equal(t, test.code, refused.Code, name)
	}
	back, err := b.alice.DenyAuthorize(t.Context(), strings.Replace(right, "#", "&forcePopup=true#", 1))
	require.NoError(t, err)
	require.Equal(t, callback+"&state=abc123", back, "a refusal comes back without a code")
}

func TestAccountPicker(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.Phone("<bob>")
	link := b.oauthLink("snsapi_userinfo")
	open := func(target string) reply {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
		require.NoError(t, err)
		response, err := b.sim.RoundTripper().RoundTrip(request)
		require.NoError(t, err)
		defer func() { require.NoError(t, response.Body.Close()) }()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return reply{response.StatusCode, response.Header, string(body)}
	}
	page := open(link)
	require.Equal(t, "text/html; charset=utf-8", page.header.Get("Content-Type"))
	require.Contains(t, page.body, "允许 alice")
	require.Contains(t, page.body, "允许 &lt;bob&gt;")
	require.Contains(t, page.body, "shop.example.com")

	query := url.Values{"query": {strings.TrimSuffix(strings.SplitN(link, "?", 2)[1], "#wechat_redirect")}}
	answer := "https://open.weixin.qq.com/connect/oauth2/answer?"
	refused := open(answer + query.Encode())
	require.Equal(t, http.StatusFound, refused.status)
	require.Equal(t, callback+"&state=abc123", refused.header.Get("Location"))
	query.Set("user", "carol")
	agreed := open(answer + query.Encode())
	back, err := url.Parse(agreed.header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, b.sim.Phone("carol").OpenIDUnder(b.sim.OfficialAccount().AppID),
		b.exchangeOAuth(t, back.Query().Get("code")).field("openid"), "a new name is a new user")

	require.Contains(t, open(strings.Replace(link, "snsapi_userinfo", "x", 1)).body, "错误码 10005")
	require.Contains(t, open(answer).body, "错误码 10004")
}

package wechattest_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// authorizationErrors are the error pages of web authorization (网页授权) in a browser.
func authorizationErrors() (rows []errorRow) {
	link := func(b bench, change func(string) string) string {
		link, _, _ := strings.Cut(b.oauthLink("snsapi_base"), "#") // browsers keep the fragment to themselves
		return change(link)
	}
	replace := func(old, with string) func(string) string {
		return func(link string) string { return strings.Replace(link, old, with, 1) }
	}
	for _, page := range []struct {
		name   string
		code   int
		change func(string) string
	}{
		{"OtherDomain", 10003, replace("shop.example", "evil.example")},
		{"SubDomain", 10003, replace("shop.example", "a.shop.example")},
		{"RelativeURI", 10003, replace("https%3A%2F%2Fshop.example.com", "")},
		{"OtherOrder", 10004, replace("?appid", "?scope=snsapi_base&appid")},
		{"OtherCase", 10004, replace("appid", "appId")},
		{"OtherType", 10004, replace("type=code", "type=token")},
		{"LongState", 10004, replace("abc123", strings.Repeat("a", 129))},
		{"StateWithSign", 10004, replace("abc123", "abc%2F123")},
		{"UnknownAppID", 10004, replace("appid=wx", "appid=xw")},
		{"UnreadableQuery", 10004, replace("abc123", "%zz")},
		{"OtherScope", 10005, replace("snsapi_base", "snsapi_login")},
	} {
		for at, open := range map[string]func(string) string{
			"GET /connect/oauth2/authorize": func(link string) string { return link },
			"GET /connect/oauth2/answer": func(link string) string { // where the user's choice goes
				_, query, _ := strings.Cut(link, "?")
				return "https://open.weixin.qq.com/connect/oauth2/answer?" + url.Values{"query": {query}, "user": {"alice"}}.Encode()
			},
		} {
			rows = append(rows, errorRow{
				at: at, name: page.name, status: 200, code: strconv.Itoa(page.code),
				with: []wechattest.Option{wechattest.WithOAuthDomain("shop.example.com")},
				ask: func(t *testing.T, b bench) reply {
					request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, open(link(b, page.change)), nil)
					require.NoError(t, err)
					return do(t, b.sim, request)
				},
			})
		}
	}
	return rows
}

// grantErrors are the tables of what follows an authorization.
func grantErrors() []errorRow {
	const exchange, refresh = "/sns/oauth2/access_token", "/sns/oauth2/refresh_token"
	changed := func(name, value string) ask {
		return func(t *testing.T, b bench) reply {
			return b.exchangeOAuth(t, b.oauthCode(t, "snsapi_base"), put(name, value))
		}
	}
	refreshing := func(prepare func(bench), changes ...func(url.Values)) ask {
		return func(t *testing.T, b bench) reply {
			query := url.Values{
				"appid": {b.sim.OfficialAccount().AppID}, "grant_type": {"refresh_token"},
				"refresh_token": {b.exchangeOAuth(t, b.oauthCode(t, "snsapi_base")).field("refresh_token")},
			}
			for _, change := range changes {
				change(query)
			}
			prepare(b)
			return b.get(t, refresh, query)
		}
	}
	nothing := func(bench) {}
	rows := []errorRow{
		openRow(exchange, "NoAppID", 41002, changed("appid", "")),
		openRow(exchange, "OtherAppID", 40013, changed("appid", "wx0")),
		openRow(exchange, "NoSecret", 41004, changed("secret", "")),
		openRow(exchange, "OtherSecret", 40125, changed("secret", "x")),
		openRow(exchange, "NoCode", 41008, changed("code", "")),
		openRow(exchange, "UnknownCode", 40029, changed("code", "x")),
		openRow(exchange, "OtherGrant", 40002, changed("grant_type", "x")),
		openRow(exchange, "UsedCode", 40163, func(t *testing.T, b bench) reply {
			code := b.oauthCode(t, "snsapi_base")
			require.NotContains(t, b.exchangeOAuth(t, code).body, "errcode")
			return b.exchangeOAuth(t, code)
		}),
		openRow(exchange, "ExpiredCode", 42003, func(t *testing.T, b bench) reply {
			code := b.oauthCode(t, "snsapi_base")
			b.clock.Advance(5*time.Minute + time.Second)
			return b.exchangeOAuth(t, code)
		}),
		openRow(refresh, "NoAppID", 41002, refreshing(nothing, put("appid", ""))),
		openRow(refresh, "OtherAppID", 40013, refreshing(nothing, put("appid", "wx0"))),
		openRow(refresh, "OtherGrant", 40002, refreshing(nothing, put("grant_type", "x"))),
		openRow(refresh, "UnknownToken", 40030, refreshing(nothing, put("refresh_token", "x"))),
		openRow(refresh, "ExpiredToken", 42002, refreshing(func(b bench) { b.clock.Advance(30 * 24 * time.Hour) })),
		openRow(refresh, "NewPassword", 42007, refreshing(func(b bench) { b.alice.ChangePassword() })),
	}
	for _, at := range []string{"/sns/userinfo", "/sns/auth"} {
		using := func(prepare func(bench), changes ...func(url.Values)) ask {
			return func(t *testing.T, b bench) reply {
				granted := b.exchangeOAuth(t, b.oauthCode(t, "snsapi_userinfo"))
				query := url.Values{"access_token": {granted.field("access_token")}, "openid": {granted.field("openid")}}
				for _, change := range changes {
					change(query)
				}
				prepare(b)
				return b.get(t, at, query)
			}
		}
		rows = append(rows,
			openRow(at, "NoToken", 41001, using(nothing, put("access_token", ""))),
			openRow(at, "MalformedToken", 40014, using(nothing, put("access_token", "x"))),
			openRow(at, "UnknownToken", 40001, using(nothing, put("access_token", strings.Repeat("x", 110)))),
			openRow(at, "TokenOfTheApp", 40014, func(t *testing.T, b bench) reply {
				token := b.plainToken(t, b.sim.OfficialAccount()).field("access_token")
				return using(nothing, put("access_token", token))(t, b)
			}),
			openRow(at, "ExpiredToken", 42001, using(func(b bench) { b.clock.Advance(2 * time.Hour) })),
			openRow(at, "NewPassword", 42007, using(func(b bench) { b.alice.ChangePassword() })),
			openRow(at, "OpenIDOfAnother", 40003, using(nothing, put("openid", "o0"))))
	}
	return append(rows, openRow("/sns/userinfo", "OtherScope", 48001, func(t *testing.T, b bench) reply {
		granted := b.exchangeOAuth(t, b.oauthCode(t, "snsapi_base"))
		return b.get(t, "/sns/userinfo", url.Values{
			"access_token": {granted.field("access_token")}, "openid": {granted.field("openid")},
		})
	}))
}

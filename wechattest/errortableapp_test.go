package wechattest_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// openRow is a row of api.weixin.qq.com, whose errors all have status 200.
func openRow(at, name string, code int, ask ask) errorRow {
	return errorRow{at: at, name: name, status: 200, code: strconv.Itoa(code), ask: ask}
}

// loginErrors is the table of code2Session (小程序登录).
func loginErrors() []errorRow {
	const at = "/sns/jscode2session"
	wrong := func(name, value string) ask {
		return func(t *testing.T, b bench) reply { return b.exchange(t, b.login(t, b.alice), put(name, value)) }
	}
	return []errorRow{
		openRow(at, "NoAppID", 41002, wrong("appid", "")),
		openRow(at, "OtherAppID", 40013, wrong("appid", "wx0")),
		openRow(at, "AppIDOfTheOfficialAccount", 40013, func(t *testing.T, b bench) reply {
			account := b.sim.OfficialAccount()
			return b.exchange(t, b.login(t, b.alice), put("appid", account.AppID), put("secret", account.AppSecret))
		}),
		openRow(at, "NoSecret", 41004, wrong("secret", "")),
		openRow(at, "OtherSecret", 40125, wrong("secret", "x")),
		openRow(at, "NoCode", 41008, wrong("js_code", "")),
		openRow(at, "UnknownCode", 40029, wrong("js_code", "0x")),
		openRow(at, "PhoneCode", 40029, func(t *testing.T, b bench) reply { return b.exchange(t, b.grant(t)) }),
		openRow(at, "ExpiredCode", 40029, func(t *testing.T, b bench) reply {
			code := b.login(t, b.alice)
			b.clock.Advance(5*time.Minute + time.Second)
			return b.exchange(t, code)
		}),
		openRow(at, "UsedCode", 40163, func(t *testing.T, b bench) reply {
			code := b.login(t, b.alice)
			require.Equal(t, b.alice.OpenID(), b.exchange(t, code).field("openid"))
			return b.exchange(t, code)
		}),
		openRow(at, "TooOften", 45011, func(t *testing.T, b bench) reply {
			for range 100 {
				require.NotContains(t, b.exchange(t, b.login(t, b.alice)).body, "errcode")
			}
			return b.exchange(t, b.login(t, b.alice))
		}),
		openRow(at, "HighRiskUser", 40226, func(t *testing.T, b bench) reply {
			b.alice.SetHighRisk(true)
			return b.exchange(t, b.login(t, b.alice))
		}),
		openRow(at, "OtherGrant", 40002, wrong("grant_type", "client_credential")),
		openRow(at, "Post", 43001, func(t *testing.T, b bench) reply { return b.post(t, at, nil) }),
		openRow("/", "UnknownPath", 40066, func(t *testing.T, b bench) reply { return b.get(t, "/cgi-bin/nowhere", nil) }),
	}
}

// tokenErrors are the tables of the two kinds of access_token (接口调用凭据).
func tokenErrors() []errorRow {
	const plain, stable = "/cgi-bin/token", "/cgi-bin/stable_token"
	rows := []errorRow{
		openRow(plain, "Post", 43001, func(t *testing.T, b bench) reply { return b.post(t, plain, nil) }),
		openRow(plain, "DailyQuota", 45009, func(t *testing.T, b bench) reply {
			for range 2000 {
				require.NotContains(t, b.plainToken(t, b.sim.App()).body, "errcode")
			}
			return b.plainToken(t, b.sim.App())
		}),
		openRow(stable, "Get", 43002, func(t *testing.T, b bench) reply { return b.get(t, stable, nil) }),
		openRow(stable, "EmptyBody", 44002, func(t *testing.T, b bench) reply { return b.rawPost(t, stable, "") }),
		openRow(stable, "NotJSON", 47001, func(t *testing.T, b bench) reply { return b.rawPost(t, stable, "{") }),
		openRow(stable, "ForcedTooOften", 45009, func(t *testing.T, b bench) reply {
			for range 20 {
				require.NotContains(t, b.token(t, true).body, "errcode")
				b.clock.Advance(30 * time.Second)
			}
			return b.token(t, true)
		}),
	}
	for _, wrong := range []struct {
		name, value string
		code        int
	}{
		{"grant_type", "authorization_code", 40002},
		{"appid", "", 41002},
		{"appid", "wx0", 40013},
		{"secret", "", 41004},
		{"secret", "x", 40125},
	} {
		name := "Wrong_" + wrong.name + "_" + wrong.value
		rows = append(rows,
			openRow(plain, name, wrong.code, func(t *testing.T, b bench) reply {
				return b.plainToken(t, b.sim.App(), put(wrong.name, wrong.value))
			}),
			openRow(stable, name, wrong.code, func(t *testing.T, b bench) reply {
				app := b.sim.App()
				request := map[string]any{"grant_type": "client_credential", "appid": app.AppID, "secret": app.AppSecret}
				request[wrong.name] = wrong.value
				return b.post(t, stable, request)
			}))
	}
	return rows
}

// tokenUseErrors are what every endpoint answers that takes an access_token.
func tokenUseErrors() (rows []errorRow) {
	app, account := (*wechattest.Simulator).App, (*wechattest.Simulator).OfficialAccount
	for _, endpoint := range []struct {
		at      string
		posts   bool
		foreign int // the code for another app's token
		method  int // the code for the other method
		owner   func(*wechattest.Simulator) wechattest.App
		other   func(*wechattest.Simulator) wechattest.App
	}{
		{"/wxa/business/getuserphonenumber", true, 40013, 43002, app, account},
		{"/wxa/checksession", false, 48001, 43001, app, account},
		{"/wxa/resetusersessionkey", false, 48001, 43001, app, account},
		{"/wxa/msg_sec_check", true, 48001, 43302, app, account},
		{"/wxa/getwxacodeunlimit", true, 48001, 43002, app, account},
		{"/cgi-bin/message/subscribe/send", true, 48001, 43002, app, account},
		{"/cgi-bin/message/template/send", true, 48001, 43002, account, app},
		{"/cgi-bin/ticket/getticket", false, 48001, 43001, account, app},
	} {
		at := endpoint.at
		send := func(t *testing.T, b bench, token string, posts bool) reply {
			if posts {
				return b.post(t, at+"?access_token="+token, map[string]any{})
			}
			return b.get(t, at, url.Values{"access_token": {token}})
		}
		with := func(token string) ask {
			return func(t *testing.T, b bench) reply { return send(t, b, token, endpoint.posts) }
		}
		rows = append(rows,
			openRow(at, "NoToken", 41001, with("")),
			openRow(at, "MalformedToken", 40014, with("short")),
			openRow(at, "UnknownToken", 40001, with(strings.Repeat("x", 136))),
			openRow(at, "ExpiredToken", 42001, func(t *testing.T, b bench) reply {
				token := b.plainToken(t, endpoint.owner(b.sim)).field("access_token")
				b.clock.Advance(2 * time.Hour)
				return send(t, b, token, endpoint.posts)
			}),
			openRow(at, "TokenOfAnotherApp", endpoint.foreign, func(t *testing.T, b bench) reply {
				return send(t, b, b.plainToken(t, endpoint.other(b.sim)).field("access_token"), endpoint.posts)
			}),
			openRow(at, "OtherMethod", endpoint.method, func(t *testing.T, b bench) reply {
				return send(t, b, b.plainToken(t, endpoint.owner(b.sim)).field("access_token"), !endpoint.posts)
			}))
		if endpoint.posts {
			for name, body := range map[string]string{"EmptyBody": "", "NotJSON": "{", "NotUTF8": "{\"content\":\"\xb2\xe8\"}"} {
				code := map[bool]int{true: 44002, false: 47001}[body == ""]
				rows = append(rows, openRow(at, name, code, func(t *testing.T, b bench) reply {
					return b.rawPost(t, at+"?access_token="+b.plainToken(t, endpoint.owner(b.sim)).field("access_token"), body)
				}))
			}
		}
	}
	return rows
}

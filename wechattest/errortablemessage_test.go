package wechattest_test

import (
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// posting posts a body to an endpoint of the mini-program.
func posting(at string, body func(bench) map[string]any, changes ...func(map[string]any)) ask {
	return func(t *testing.T, b bench) reply {
		fields := body(b)
		for _, change := range changes {
			change(fields)
		}
		return b.post(t, at+"?access_token="+b.token(t, false).field("access_token"), fields)
	}
}

// after lets something happen before a request.
func after(prepare func(*testing.T, bench), then ask) ask {
	return func(t *testing.T, b bench) reply {
		prepare(t, b)
		return then(t, b)
	}
}

// messageErrors are the tables of what a mini-program and an official account can do for a user who is known.
func messageErrors() []errorRow {
	return append(append(append(phoneErrors(), sessionErrors()...), subscribeErrors()...), contentErrors()...)
}

func phoneErrors() []errorRow {
	const at = "/wxa/business/getuserphonenumber"
	with := func(code, openID string) ask {
		return posting(at, func(bench) map[string]any { return map[string]any{"code": code, "openid": openID} })
	}
	granted := func(then func(*testing.T, bench, string) reply) ask {
		return func(t *testing.T, b bench) reply { return then(t, b, b.grant(t)) }
	}
	return []errorRow{
		openRow(at, "NoCode", 41008, with("", "")),
		openRow(at, "UnknownCode", 40029, with("unknown", "")),
		openRow(at, "LoginCode", 40029, func(t *testing.T, b bench) reply { return with(b.login(t, b.alice), "")(t, b) }),
		openRow(at, "UsedCode", 40029, granted(func(t *testing.T, b bench, code string) reply {
			require.Equal(t, "0", with(code, "")(t, b).field("errcode"))
			return with(code, "")(t, b)
		})),
		openRow(at, "ExpiredCode", 40029, granted(func(t *testing.T, b bench, code string) reply {
			b.clock.Advance(5*time.Minute + time.Second)
			return with(code, "")(t, b)
		})),
		openRow(at, "OpenIDOfAnother", 40029, granted(func(t *testing.T, b bench, code string) reply {
			return with(code, b.sim.Phone("bob").OpenID())(t, b)
		})),
	}
}

func sessionErrors() (rows []errorRow) {
	for _, at := range []string{"/wxa/checksession", "/wxa/resetusersessionkey"} {
		prove := func(changes ...func(url.Values)) ask {
			return func(t *testing.T, b bench) reply {
				key := b.exchange(t, b.login(t, b.alice)).field("session_key")
				proof := sessionProof(b, b.token(t, false).field("access_token"), key)
				for _, change := range changes {
					change(proof)
				}
				return b.get(t, at, proof)
			}
		}
		rows = append(rows,
			openRow(at, "UnknownOpenID", 40003, prove(put("openid", "o0"))),
			openRow(at, "WrongSignature", 87009, prove(put("signature", strings.Repeat("0", 64)))),
			openRow(at, "OtherMethodOfSigning", 87009, prove(put("sig_method", "hmac_sha1"))),
			openRow(at, "NobodyLoggedIn", 87009, func(t *testing.T, b bench) reply {
				return b.get(t, at, sessionProof(b, b.token(t, false).field("access_token"), ""))
			}))
	}
	return rows
}

func subscribeErrors() []errorRow {
	const at = "/cgi-bin/message/subscribe/send"
	type fields = map[string]any
	ready := func(t *testing.T, b bench) {
		b.sim.AddTemplate(b.sim.App().AppID, "TEMPLATE", "thing1")
		b.sim.AddTemplate(b.sim.OfficialAccount().AppID, "ACCOUNT", "thing1")
		b.sim.PublishPages("pages/index/index")
		require.NoError(t, b.alice.AcceptSubscription(t.Context(), "TEMPLATE"))
	}
	message := func(b bench) fields {
		return fields{
			"touser": b.alice.OpenID(), "template_id": "TEMPLATE", "page": "pages/index/index",
			"data": fields{"thing1": fields{"value": "茶"}},
		}
	}
	wrong := func(name string, value any) ask { return after(ready, posting(at, message, set(name, value))) }
	value := func(text string) fields { return fields{"thing1": fields{"value": text}} }
	return []errorRow{
		openRow(at, "UnknownOpenID", 40003, wrong("touser", "o0")),
		openRow(at, "UnknownTemplate", 40037, wrong("template_id", "NONE")),
		openRow(at, "TemplateOfAnotherApp", 40037, wrong("template_id", "ACCOUNT")),
		openRow(at, "PageWithSlash", 41030, wrong("page", "/pages/index/index")),
		openRow(at, "UnpublishedPage", 41030, wrong("page", "pages/other")),
		openRow(at, "EmptyValue", 47003, wrong("data", value(""))),
		openRow(at, "LongValue", 47003, wrong("data", value(strings.Repeat("长", 21)))),
		openRow(at, "MissingKeyword", 47003, wrong("data", fields{})),
		openRow(at, "UnknownKeyword", 47003, wrong("data", fields{"thing1": fields{"value": "茶"}, "thing2": fields{"value": "茶"}})),
		openRow(at, "SecondOnOneAcceptance", 43101, func(t *testing.T, b bench) reply {
			require.Equal(t, "0", after(ready, posting(at, message))(t, b).field("errcode"))
			return posting(at, message)(t, b)
		}),
	}
}

func contentErrors() []errorRow {
	const check, draw, template, ticket = "/wxa/msg_sec_check", "/wxa/getwxacodeunlimit",
		"/cgi-bin/message/template/send", "/cgi-bin/ticket/getticket"
	type fields = map[string]any
	text := func(b bench) fields {
		return fields{"content": "hello", "version": 2, "scene": 1, "openid": b.alice.OpenID()}
	}
	active := func(t *testing.T, b bench) { b.exchange(t, b.login(t, b.alice)) }
	checking := func(changes ...func(fields)) ask { return after(active, posting(check, text, changes...)) }
	drawing := func(body fields) ask {
		return func(t *testing.T, b bench) reply {
			b.sim.PublishPages("pages/index/index")
			return posting(draw, func(bench) fields { return maps.Clone(body) })(t, b)
		}
	}
	account := func(t *testing.T, b bench) string {
		return b.plainToken(t, b.sim.OfficialAccount()).field("access_token")
	}
	templating := func(follows bool, changes ...func(fields)) ask {
		return func(t *testing.T, b bench) reply {
			b.sim.AddTemplate(b.sim.OfficialAccount().AppID, "TEMPLATE", "first")
			if follows {
				_, err := b.alice.Follow(t.Context(), "")
				require.Error(t, err, "no server is configured, but she follows")
			}
			m := fields{
				"touser": b.alice.OpenIDUnder(b.sim.OfficialAccount().AppID), "template_id": "TEMPLATE",
				"data": fields{"first": fields{"value": "你好"}},
			}
			for _, change := range changes {
				change(m)
			}
			return b.post(t, template+"?access_token="+account(t, b), m)
		}
	}
	return []errorRow{
		openRow(check, "NoContent", 44002, checking(set("content", ""))),
		openRow(check, "LongContent", 45002, checking(set("content", strings.Repeat("长", 2501)))),
		openRow(check, "UnknownOpenID", 40003, checking(set("openid", "o0"))),
		openRow(check, "OpenIDOfTheOfficialAccount", 43104, after(active, func(t *testing.T, b bench) reply {
			return posting(check, text, set("openid", b.alice.OpenIDUnder(b.sim.OfficialAccount().AppID)))(t, b)
		})),
		openRow(check, "NoScene", 40129, checking(without("scene"))),
		openRow(check, "UnknownScene", 40129, checking(set("scene", 5))),
		openRow(check, "UserNotActive", 61010, posting(check, text)),
		openRow(check, "RiskyInVersion1", 87014, after(func(_ *testing.T, b bench) { b.sim.FlagContent("hello", "risky") },
			checking(set("version", 1)))),

		openRow(draw, "NoScene", 40129, drawing(fields{})),
		openRow(draw, "LongScene", 40129, drawing(fields{"scene": strings.Repeat("a", 33)})),
		openRow(draw, "BlankInScene", 40129, drawing(fields{"scene": "a b"})),
		openRow(draw, "PageWithSlash", 41030, drawing(fields{"scene": "a", "page": "/pages/index/index"})),
		openRow(draw, "PageWithQuery", 41030, drawing(fields{"scene": "a", "page": "pages/index/index?b"})),
		openRow(draw, "UnpublishedPage", 41030, drawing(fields{"scene": "a", "page": "pages/other"})),
		openRow(draw, "Narrow", 40097, drawing(fields{"scene": "a", "width": 279})),
		openRow(draw, "Wide", 40097, drawing(fields{"scene": "a", "width": 1281})),
		openRow(draw, "UnknownVersion", 40097, drawing(fields{"scene": "a", "env_version": "beta"})),

		openRow(template, "UnknownOpenID", 40003, templating(true, set("touser", "o0"))),
		openRow(template, "UnknownTemplate", 40037, templating(true, set("template_id", "NONE"))),
		openRow(template, "NoFollower", 43004, templating(false)),
		openRow(template, "NoData", 47003, templating(true, set("data", fields{}))),
		openRow(template, "LongClientMsgID", 47003, templating(true, set("client_msg_id", strings.Repeat("1", 33)))),

		openRow(ticket, "OtherType", 40097, func(t *testing.T, b bench) reply {
			return b.get(t, ticket, url.Values{"access_token": {account(t, b)}, "type": {"wx_card"}})
		}),
	}
}

package wechattest_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func sessionProof(b bench, token, sessionKey string) url.Values {
	mac := hmac.New(sha256.New, []byte(sessionKey))
	return url.Values{
		"access_token": {token}, "openid": {b.alice.OpenID()}, "sig_method": {"hmac_sha256"},
		"signature": {hex.EncodeToString(mac.Sum(nil))},
	}
}

func TestCheckSession(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.token(t, false).field("access_token")
	requireErrcode(t, 87009, b.get(t, "/wxa/checksession", sessionProof(b, token, "")))
	key := b.exchange(t, b.login(t, b.alice)).field("session_key")
	right := sessionProof(b, token, key)
	requireText(t, `{"errcode":0,"errmsg":"ok"}`, b.get(t, "/wxa/checksession", right).body)

	reset := b.get(t, "/wxa/resetusersessionkey", right)
	require.Equal(t, b.alice.OpenID(), reset.field("openid"))
	requireErrcode(t, 87009, b.get(t, "/wxa/checksession", right))
	right = sessionProof(b, token, reset.field("session_key"))
	require.Equal(t, "0", b.get(t, "/wxa/checksession", right).field("errcode"))
	b.login(t, b.alice)
	requireErrcode(t, 87009, b.get(t, "/wxa/checksession", right))
	right.Set("openid", "o0")
	requireErrcode(t, 40003, b.get(t, "/wxa/checksession", right))
	right.Set("access_token", "x")
	requireErrcode(t, 40014, b.get(t, "/wxa/checksession", right))
	requireErrcode(t, 40001, b.get(t, "/wxa/checksession", url.Values{"access_token": {strings.Repeat("x", 136)}}))
	requireErrcode(t, 43001, b.post(t, "/wxa/checksession?access_token="+token, nil))
}

func TestSubscribeMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.AddTemplate(b.sim.App().AppID, "TEMPLATE", "thing1", "time2", "amount3")
	b.sim.PublishPages("pages/index/index")
	path := "/cgi-bin/message/subscribe/send?access_token=" + b.token(t, false).field("access_token")
	type fields = map[string]any
	value := func(text string) fields { return fields{"value": text} }
	message := func(changes ...func(map[string]any)) fields {
		m := fields{
			"touser": b.alice.OpenID(), "template_id": "TEMPLATE", "page": "pages/index/index?x=1", "lang": "zh_CN",
			"data": fields{"thing1": value("茶"), "time2": value("2019年10月1日 15:01"), "amount3": value("¥10.50元")},
		}
		for _, change := range changes {
			change(m)
		}
		return m
	}
	requireErrcode(t, 43101, b.post(t, path, message()))
	require.NoError(t, b.alice.AcceptSubscription(t.Context(), "TEMPLATE"))
	for code, change := range map[int]func(map[string]any){
		40003: set("touser", "o0"), 40037: set("template_id", "T"), 41030: set("page", "/pages/index/index"),
		47003: set("data", fields{"thing1": value(strings.Repeat("长", 21)), "time2": value("15:01"), "amount3": value("1")}),
	} {
		requireErrcode(t, code, b.post(t, path, message(change)))
	}
	require.Contains(t, b.post(t, path, message(set("data", fields{}))).body, "argument invalid! data.thing1.value invalid, rid: ")
	requireErrcode(t, 41030, b.post(t, path, message(set("page", "pages/other"))))
	requireText(t, `{"errcode":0,"errmsg":"ok"}`, b.post(t, path, message()).body)
	requireErrcode(t, 43101, b.post(t, path, message()))
	sent := b.sim.Messages(b.alice.OpenID())
	require.Len(t, sent, 1, "one acceptance, one message")
	require.Equal(t, "茶", sent[0].Data["thing1"])
	requireErrcode(t, 44002, b.rawPost(t, path, ""))
	requireErrcode(t, 47001, b.rawPost(t, path, "{"))
}

func (b bench) rawPost(t *testing.T, path, body string) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, openAPI+path, strings.NewReader(body))
	require.NoError(t, err)
	return do(t, b.sim, request)
}

func TestUnlimitedCode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := "/wxa/getwxacodeunlimit?access_token=" + b.token(t, false).field("access_token")
	type fields = map[string]any
	picture := b.post(t, path, fields{"scene": "a=1", "page": "pages/index/index"})
	require.Equal(t, "image/png", picture.header.Get("Content-Type"))
	decoded, err := png.Decode(bytes.NewReader([]byte(picture.body)))
	require.NoError(t, err)
	require.Equal(t, 430, decoded.Bounds().Dx())
	require.Equal(t, picture.body, b.post(t, path, fields{"scene": "a=1", "page": "pages/index/index"}).body)
	require.NotEqual(t, picture.body, b.post(t, path, fields{"scene": "a=2", "page": "pages/index/index"}).body)
	require.NotEqual(t, picture.body, b.post(t, path, fields{"scene": "a=1", "page": "pages/index/index", "is_hyaline": true}).body)
	b.sim.PublishPages("pages/index/index")
	for _, test := range []struct {
		body fields
		code int
	}{
		{fields{"scene": ""}, 40129},
		{fields{"scene": strings.Repeat("a", 33)}, 40129},
		{fields{"scene": "a b"}, 40129},
		{fields{"scene": "a", "page": "/pages/index/index"}, 41030},
		{fields{"scene": "a", "page": "pages/index/index?b"}, 41030},
		{fields{"scene": "a", "page": "pages/other"}, 41030},
		{fields{"scene": "a", "width": 279}, 40097},
		{fields{"scene": "a", "env_version": "beta"}, 40097},
	} {
		requireErrcode(t, test.code, b.post(t, path, test.body))
	}
	require.Equal(t, "image/png", b.post(t, path, fields{"scene": "a", "page": "pages/other", "check_path": false}).header.Get("Content-Type"))
}

func TestMessageSecurityCheck(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := "/wxa/msg_sec_check?access_token=" + b.token(t, false).field("access_token")
	type fields = map[string]any
	check := func(content string, changes ...func(map[string]any)) reply {
		m := fields{"content": content, "version": 2, "scene": 1, "openid": b.alice.OpenID()}
		for _, change := range changes {
			change(m)
		}
		return b.post(t, path, m)
	}
	requireErrcode(t, 61010, check("hello"))
	b.exchange(t, b.login(t, b.alice))
	require.Contains(t, check("hello").body, `"result":{"suggest":"pass","label":100}`)
	b.sim.FlagContent("spam", "review")
	b.sim.FlagContent("fraud", "risky")
	require.Contains(t, check("a spam").body, `"suggest":"review"`)
	require.Contains(t, check("hello", set("nickname", "fraud spam")).body, `"suggest":"risky"`)
	require.Equal(t, "0", check("fraud").field("errcode"), "errcode 0 does not mean clean")
	requireErrcode(t, 87014, check("fraud", set("version", 1)))
	requireErrcode(t, 40003, check("hello", set("openid", "o0")))
	requireErrcode(t, 40129, check("hello", set("scene", 5)))
	requireErrcode(t, 44002, check(""))
	requireErrcode(t, 45002, check(strings.Repeat("长", 2501)))
	b.clock.Advance(2*time.Hour - time.Minute)
	path = "/wxa/msg_sec_check?access_token=" + b.token(t, false).field("access_token")
	require.Equal(t, "0", check("hello").field("errcode"))
	b.clock.Advance(2 * time.Minute)
	requireErrcode(t, 61010, check("hello"))
}

package wechattest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// jsonServer is a mini-program's server that takes and gives JSON.
func jsonServer(t *testing.T, mode wechattest.PushMode, reply func(message string) string) bench {
	t.Helper()
	b := setup(t, wechattest.WithNotifyTransport(transport(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			return say(r.URL.Query().Get("echostr")), nil
		}
		content, err := io.ReadAll(r.Body)
		return say(reply(string(content))), err
	})))
	require.NoError(t, b.sim.ConfigurePush(t.Context(), wechattest.Push{
		URL: "https://shop.example.com/m", Token: pushToken, EncodingAESKey: aesKey, Mode: mode, JSON: true, MiniProgram: true,
	}))
	return b
}

// What is a text stays one, also if somebody writes digits: only times and ids are numbers.
func TestDigitsThatAUserWritesAreAText(t *testing.T) {
	t.Parallel()
	var message string
	b := jsonServer(t, wechattest.PlainPush, func(m string) string { message = m; return "success" })
	_, err := b.alice.SendText(t.Context(), "123456")
	require.NoError(t, err)
	require.Contains(t, message, `"Content":"123456","MsgId":1`)
	_, err = b.alice.TapMenu(t.Context(), "7")
	require.NoError(t, err)
	require.Contains(t, message, `"EventKey":"7"`)

	c, server := pushSetup(t, wechattest.PlainPush)
	_, err = c.alice.SendText(t.Context(), "123456")
	require.NoError(t, err)
	require.Contains(t, server.shown[0], "<Content><![CDATA[123456]]></Content>")
	require.Contains(t, server.shown[0], "<CreateTime>1772337600</CreateTime>")
}

// A reply in JSON has its times as numbers, as in the document's samples, also around what is encrypted.
func TestRepliesInJSON(t *testing.T) {
	t.Parallel()
	reply := func(m string) string {
		var message struct{ ToUserName, FromUserName string }
		require.NoError(t, json.Unmarshal([]byte(m), &message))
		return `{"ToUserName":"` + message.FromUserName + `","FromUserName":"` + message.ToUserName +
			`","CreateTime":1772337600,"MsgType":"image","Image":{"MediaId":"m1"}}`
	}
	for mode, answer := range map[wechattest.PushMode]func(*testing.T, bench, string) string{
		wechattest.PlainPush: func(_ *testing.T, _ bench, m string) string { return reply(m) },
		wechattest.SafePush: func(t *testing.T, b bench, m string) string {
			t.Helper()
			var sent struct{ Encrypt string }
			require.NoError(t, json.Unmarshal([]byte(m), &sent))
			sealed := elements(t, seal32(t, reply(open32(t, sent.Encrypt)), b.sim.App().AppID))
			return `{"Encrypt":"` + sealed["Encrypt"] + `","MsgSignature":"` + sealed["MsgSignature"] + `","TimeStamp":1,"Nonce":"n"}`
		},
	} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			var b bench
			b = jsonServer(t, mode, func(m string) string { return answer(t, b, m) })
			got, err := b.alice.SendText(t.Context(), "hello")
			require.NoError(t, err)
			require.Empty(t, got.Failure)
			require.Equal(t, "m1", got.Fields["Image.MediaId"])
			require.Equal(t, "1772337600", got.Fields["CreateTime"])
		})
	}
}

package control_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/wechattest"
)

// listener is a shop's server for messages: it proves itself and answers every message with answer.
func listener(t *testing.T, answer string) (url string, bodies <-chan string) {
	t.Helper()
	came := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, r.URL.Query().Get("echostr"))
			return
		}
		body, _ := io.ReadAll(r.Body)
		came <- string(body)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, came
}

func TestTriggerMessages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	text := control.Trigger{Event: "message.text", Text: "hello", Phone: "bob"}
	require.Contains(t, b.refusedWith(t, http.StatusConflict, "v1/trigger", text), "sim push")
	url, bodies := listener(t, "success")
	post[map[string]string](t, b, "v1/push", wechattest.Push{URL: url, Token: "token"})

	done := trigger(t, b, text)
	require.True(t, done.Accepted)
	require.Len(t, done.Push.Attempts, 1)
	require.Equal(t, http.StatusOK, done.Push.Attempts[0].Status)
	require.Contains(t, <-bodies, "<Content><![CDATA[hello]]></Content>")

	account := b.sim.OfficialAccount().AppID
	require.True(t, trigger(t, b, control.Trigger{Event: "message.event", Type: "subscribe"}).Accepted)
	body := <-bodies
	require.Contains(t, body, "<Event><![CDATA[subscribe]]></Event>")
	require.Contains(t, body, b.sim.Phone("alice").OpenIDUnder(account), "alice, when nobody is named")
	trigger(t, b, control.Trigger{Event: "message.event", Type: "CLICK", Fields: map[string]string{"EventKey": "menu-1"}})
	require.Contains(t, <-bodies, "<EventKey><![CDATA[menu-1]]></EventKey>")
	odd := control.Trigger{Event: "message.event", Type: "CLICK", Fields: map[string]string{"Event Key": "x"}}
	require.Contains(t, b.refusedWith(t, http.StatusBadRequest, "v1/trigger", odd), "no name of a field")
	trigger(t, b, control.Trigger{Event: "message.event", Type: "unsubscribe"})
	require.Contains(t, <-bodies, "unsubscribe")

	require.Contains(t, b.refusedWith(t, http.StatusBadRequest, "v1/trigger", control.Trigger{Event: "message.event"}), "type")
	require.Contains(t, b.refusedWith(t, http.StatusBadRequest, "v1/trigger", control.Trigger{Event: "message.text"}), "text")
}

func TestTriggerTellsWhatTheUserSees(t *testing.T) {
	t.Parallel()
	b := setup(t)
	url, bodies := listener(t, "<html>")
	const key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	require.Equal(t, "safe", post[map[string]string](t, b, "v1/push", wechattest.Push{URL: url, Token: "token", EncodingAESKey: key})["mode"])
	done := trigger(t, b, control.Trigger{Event: "message.text", Text: "hello"})
	require.False(t, done.Accepted)
	require.Contains(t, done.Push.Failure, "出现故障")
	require.NotContains(t, <-bodies, "hello", "it is encrypted")
}

func TestServerConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	url, _ := listener(t, "success")
	for says, wrong := range map[string]wechattest.Push{
		"url and a token": {URL: url},
		"no mode":         {URL: url, Token: "token", Mode: "loud"},
	} {
		require.Contains(t, b.refusedWith(t, http.StatusBadRequest, "v1/push", wrong), says)
	}
	for says, wrong := range map[string]wechattest.Push{
		"not 43":  {URL: url, Token: "token", Mode: wechattest.SafePush},
		"echostr": {URL: b.shop.url, Token: "token"}, // it takes notices, and knows of no echostr
	} {
		require.Contains(t, b.refusedWith(t, http.StatusConflict, "v1/push", wrong), says)
	}
}

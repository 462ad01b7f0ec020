package wechattest_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

const (
	pushToken = "canaryPushToken"
	aesKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

func sortedSHA1(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// messageServer is a shop's server for messages: it verifies, decrypts and answers with what it was told.
type messageServer struct {
	t      *testing.T
	b      *bench
	reply  func(query url.Values, message map[string]string) string
	seen   []map[string]string
	shown  []string // bodies as they came
	broken int      // how many calls to leave unanswered
}

func (s *messageServer) RoundTrip(r *http.Request) (*http.Response, error) {
	query := r.URL.Query()
	if query.Get("signature") != sortedSHA1(pushToken, query.Get("timestamp"), query.Get("nonce")) {
		return answer(http.StatusForbidden), nil
	}
	if r.Method == http.MethodGet {
		return say(query.Get("echostr")), nil
	}
	body, err := io.ReadAll(r.Body)
	require.NoError(s.t, err)
	message := elements(s.t, string(body))
	if encrypted := message["Encrypt"]; encrypted != "" {
		require.Equal(s.t, query.Get("msg_signature"), sortedSHA1(pushToken, query.Get("timestamp"), query.Get("nonce"), encrypted))
		message = elements(s.t, open32(s.t, encrypted))
	}
	s.shown, s.seen = append(s.shown, string(body)), append(s.seen, message)
	if s.broken > 0 {
		s.broken--
		return nil, errors.New("connection reset")
	}
	return say(s.reply(query, message)), nil
}

func say(text string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text))}
}

func elements(t *testing.T, text string) map[string]string {
	t.Helper()
	var document struct {
		Elements []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		} `xml:",any"`
	}
	require.NoError(t, xml.Unmarshal([]byte(text), &document), text)
	fields := map[string]string{}
	for _, e := range document.Elements {
		fields[e.XMLName.Local] = e.Text
	}
	return fields
}

// open32 decrypts as a server does.
func open32(t *testing.T, encrypted string) string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	require.NoError(t, err)
	plain, err := base64.StdEncoding.DecodeString(encrypted)
	require.NoError(t, err)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(plain, plain)
	require.Zero(t, len(plain)%32, "padded to 32")
	return string(plain[20 : 20+binary.BigEndian.Uint32(plain[16:20])])
}

// seal32 encrypts and wraps a reply as a server does.
func seal32(t *testing.T, xmlText, appID string) string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	require.NoError(t, err)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	plain := binary.BigEndian.AppendUint32([]byte("aaaabbbbccccdddd"), uint32(len(xmlText)))
	plain = append(append(plain, xmlText...), appID...)
	pad := 32 - len(plain)%32
	plain = append(plain, slices.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(plain, plain)
	encrypted := base64.StdEncoding.EncodeToString(plain)
	return "<xml><Encrypt>" + encrypted + "</Encrypt><MsgSignature>" + sortedSHA1(pushToken, "1", "n", encrypted) +
		"</MsgSignature><TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>"
}

func echoReply(_ url.Values, m map[string]string) string {
	return "<xml><ToUserName>" + m["FromUserName"] + "</ToUserName><FromUserName>" + m["ToUserName"] +
		"</FromUserName><CreateTime>1772337600</CreateTime><MsgType>text</MsgType><Content><![CDATA[" + strings.ReplaceAll(m["Content"], "]]>", "") + m["Event"] + "]]></Content></xml>"
}

func pushSetup(t *testing.T, mode wechattest.PushMode) (bench, *messageServer) {
	t.Helper()
	server := &messageServer{t: t, reply: echoReply}
	b := setup(t, wechattest.WithNotifyTransport(server))
	server.b = &b
	require.NoError(t, b.sim.ConfigurePush(t.Context(), wechattest.Push{
		URL: "https://shop.example.com/message?a=1", Token: pushToken, EncodingAESKey: aesKey, Mode: mode,
	}))
	return b, server
}

func TestMessagesInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechattest.PushMode{wechattest.PlainPush, wechattest.CompatiblePush, wechattest.SafePush} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			b, server := pushSetup(t, mode)
			appID := b.sim.OfficialAccount().AppID
			if mode == wechattest.SafePush {
				server.reply = func(q url.Values, m map[string]string) string { return seal32(t, echoReply(q, m), appID) }
			}
			reply, err := b.alice.SendText(t.Context(), "]]> 你好 <b>")
			require.NoError(t, err)
			require.Empty(t, reply.Failure)
			if mode != wechattest.SafePush {
				require.Equal(t, "]]> 你好 <b>", server.seen[0]["Content"])
			}
			require.Equal(t, b.alice.OpenIDUnder(appID), server.seen[0]["FromUserName"])
			require.Regexp(t, `^gh_[0-9a-f]{12}$`, server.seen[0]["ToUserName"])
			require.Regexp(t, `^1\d{17}$`, server.seen[0]["MsgId"])
			require.Equal(t, mode != wechattest.PlainPush, strings.Contains(server.shown[0], "<Encrypt>"))
			require.Equal(t, mode != wechattest.SafePush, strings.Contains(server.shown[0], "<Content>"))

			followed, err := b.alice.Follow(t.Context(), "shop7")
			require.NoError(t, err)
			require.Equal(t, "subscribe", followed.Fields["Content"])
			require.Equal(t, "qrscene_shop7", server.seen[1]["EventKey"])
			require.Empty(t, server.seen[1]["MsgId"], "events have none")
		})
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	b, server := pushSetup(t, wechattest.PlainPush)
	server.reply = func(url.Values, map[string]string) string { return "success" }
	for _, do := range []func() (wechattest.PushReply, error){
		func() (wechattest.PushReply, error) { return b.alice.TapMenu(t.Context(), "KEY") },
		func() (wechattest.PushReply, error) { return b.alice.Scan(t.Context(), "7") },
		func() (wechattest.PushReply, error) { return b.alice.Unfollow(t.Context()) },
	} {
		reply, err := do()
		require.NoError(t, err)
		require.Empty(t, reply.Failure)
		require.Empty(t, reply.Fields)
	}
	require.Equal(t, "CLICK SCAN unsubscribe", server.seen[0]["Event"]+" "+server.seen[1]["Event"]+" "+server.seen[2]["Event"])
}

func TestUnansweredMessagesComeAgain(t *testing.T) {
	t.Parallel()
	b, server := pushSetup(t, wechattest.PlainPush)
	server.broken = 2
	reply, err := b.alice.SendText(t.Context(), "hi")
	require.NoError(t, err)
	require.Len(t, reply.Attempts, 3)
	require.Equal(t, server.seen[0]["MsgId"], server.seen[2]["MsgId"])
	require.Equal(t, "hi", reply.Fields["Content"])
	server.broken = 9
	reply, err = b.alice.SendText(t.Context(), "hi")
	require.NoError(t, err)
	require.Len(t, reply.Attempts, 4)
	require.NotEmpty(t, reply.Failure)
}

func TestWrongRepliesFail(t *testing.T) {
	t.Parallel()
	b, server := pushSetup(t, wechattest.SafePush)
	appID := b.sim.OfficialAccount().AppID
	for name, reply := range map[string]func(url.Values, map[string]string) string{
		"JSON":     func(url.Values, map[string]string) string { return `{"ok":true}` },
		"HTML":     func(url.Values, map[string]string) string { return "<html><body>oops</body></html>" },
		"Plain":    echoReply,
		"OtherApp": func(q url.Values, m map[string]string) string { return seal32(t, echoReply(q, m), "wx0") },
		"NotSwapped": func(_ url.Values, _ map[string]string) string {
			return seal32(t, "<xml><MsgType>text</MsgType></xml>", appID)
		},
		"Signature": func(q url.Values, m map[string]string) string {
			return strings.Replace(seal32(t, echoReply(q, m), appID), "<Nonce>n", "<Nonce>m", 1)
		},
	} {
		server.reply = reply
		got, err := b.alice.SendText(t.Context(), "hi")
		require.NoError(t, err)
		require.NotEmpty(t, got.Failure, name)
	}
}

func TestConfiguringAsksTheURL(t *testing.T) {
	t.Parallel()
	server := &messageServer{t: t, reply: echoReply}
	b := setup(t, wechattest.WithNotifyTransport(server))
	right := wechattest.Push{URL: "https://shop.example.com/m", Token: pushToken, Mode: wechattest.PlainPush}
	wrong := right
	wrong.Token = "other"
	require.ErrorContains(t, b.sim.ConfigurePush(t.Context(), wrong), "status 403")
	wrong = right
	wrong.Mode, wrong.EncodingAESKey = wechattest.SafePush, "short"
	require.ErrorContains(t, b.sim.ConfigurePush(t.Context(), wrong), "43")
	wrong.EncodingAESKey = strings.Repeat("!", 43)
	require.Error(t, b.sim.ConfigurePush(t.Context(), wrong))
	require.NoError(t, b.sim.ConfigurePush(t.Context(), right))
}

func TestTemplateMessagesAreReported(t *testing.T) {
	t.Parallel()
	b, server := pushSetup(t, wechattest.PlainPush)
	server.reply = func(url.Values, map[string]string) string { return "" }
	account := b.sim.OfficialAccount()
	_, err := b.alice.Event(t.Context(), "subscribe", wechattest.PushField{Name: "EventKey", Value: "qrscene_7"})
	require.NoError(t, err)
	b.sim.AddTemplate(account.AppID, "T", "first")
	sent := b.post(t, "/cgi-bin/message/template/send?access_token="+b.plainToken(t, account).field("access_token"), map[string]any{
		"touser": b.alice.OpenIDUnder(account.AppID), "template_id": "T", "data": map[string]any{"first": map[string]any{"value": "a"}},
	})
	require.Equal(t, "0", sent.field("errcode"))
	b.settle(t)
	require.Equal(t, "TEMPLATESENDJOBFINISH", server.seen[1]["Event"])
	require.Equal(t, "success", server.seen[1]["Status"])
	require.Equal(t, "2e+08", sent.field("msgid"), "a number")
	require.Equal(t, "200000000", server.seen[1]["MsgID"])
}

func TestMiniProgramMessagesInJSON(t *testing.T) {
	t.Parallel()
	var body string
	b := setup(t, wechattest.WithNotifyTransport(transport(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			return say(r.URL.Query().Get("echostr")), nil
		}
		content, err := io.ReadAll(r.Body)
		body = string(content)
		return say("success"), err
	})))
	require.NoError(t, b.sim.ConfigurePush(t.Context(), wechattest.Push{
		URL: "https://shop.example.com/m", Token: pushToken, Mode: wechattest.PlainPush, JSON: true, MiniProgram: true,
	}))
	_, err := b.alice.SendText(t.Context(), `"quoted"`)
	require.NoError(t, err)
	require.Regexp(t, `^\{"ToUserName":"gh_[0-9a-f]{12}","FromUserName":"`+b.alice.OpenID()+`","CreateTime":1772337600,`+
		`"MsgType":"text","Content":"\\"quoted\\"","MsgId":1\d{17}\}$`, body)
}

package wechattest_test

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

func TestJSTicket(t *testing.T) {
	t.Parallel()
	b := setup(t)
	query := url.Values{"access_token": {b.plainToken(t, b.sim.OfficialAccount()).field("access_token")}, "type": {"jsapi"}}
	got := b.get(t, "/cgi-bin/ticket/getticket", query)
	require.Equal(t, "0", got.field("errcode"))
	require.Equal(t, "7200", got.field("expires_in"))
	b.clock.Advance(time.Hour)
	again := b.get(t, "/cgi-bin/ticket/getticket", query)
	require.Equal(t, got.field("ticket"), again.field("ticket"))
	require.Equal(t, "3600", again.field("expires_in"))

	const page = "https://shop.example.com/cart?id=1&x=%E8%8C%B6"
	sign := func(page string) wechattest.JSConfig {
		sum := sha1.Sum(fmt.Appendf(nil, "jsapi_ticket=%s&noncestr=n&timestamp=1772337600&url=%s", got.field("ticket"), page))
		return wechattest.JSConfig{
			AppID: b.sim.OfficialAccount().AppID, Timestamp: 1772337600, NonceStr: "n", Signature: hex.EncodeToString(sum[:]),
		}
	}
	require.True(t, b.sim.CheckJSConfig(page+"#part", sign(page)))
	require.False(t, b.sim.CheckJSConfig(page, sign(page+"#part")))
	require.False(t, b.sim.CheckJSConfig("http"+page[5:], sign(page)), "a proxy's scheme")
	b.clock.Advance(time.Hour)
	require.False(t, b.sim.CheckJSConfig(page, sign(page)), "the ticket has ended")

	requireErrcode(t, 42001, b.get(t, "/cgi-bin/ticket/getticket", query))
	query = url.Values{"access_token": {b.plainToken(t, b.sim.OfficialAccount()).field("access_token")}, "type": {"wx_card"}}
	requireErrcode(t, 40097, b.get(t, "/cgi-bin/ticket/getticket", query))
	query.Set("access_token", b.token(t, false).field("access_token"))
	requireErrcode(t, 48001, b.get(t, "/cgi-bin/ticket/getticket", query))
}

func TestTemplateMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	account := b.sim.OfficialAccount()
	openID := b.alice.OpenIDUnder(account.AppID)
	b.sim.AddTemplate(account.AppID, "TEMPLATE", "first", "keyword1")
	b.sim.AddTemplate(b.sim.App().AppID, "MINI", "thing1")
	path := "/cgi-bin/message/template/send?access_token=" + b.plainToken(t, account).field("access_token")
	type fields = map[string]any
	send := func(changes ...func(map[string]any)) reply {
		m := fields{
			"touser": openID, "template_id": "TEMPLATE", "url": "https://shop.example.com/o/1",
			"data": fields{"first": fields{"value": "你好", "color": "#173177"}, "keyword1": fields{"value": "1 元"}},
		}
		for _, change := range changes {
			change(m)
		}
		return b.post(t, path, m)
	}
	requireErrcode(t, 43004, send())
	_, err := b.alice.Follow(t.Context(), "")
	require.Error(t, err, "no server is configured, but she follows")
	first := send(set("client_msg_id", "once"))
	require.Equal(t, "0", first.field("errcode"))
	require.Equal(t, first.body, send(set("client_msg_id", "once")).body)
	require.Len(t, b.sim.Messages(openID), 1)
	b.clock.Advance(10 * time.Minute)
	require.NotEqual(t, first.body, send(set("client_msg_id", "once")).body)
	for code, change := range map[int]func(map[string]any){
		40003: set("touser", b.alice.OpenID()), 40037: set("template_id", "MINI"), 47003: set("data", fields{}),
	} {
		requireErrcode(t, code, send(change))
	}
	b.settle(t)
}

// A msgid is given once, however many messages were forgotten since, and whether the simulator was restarted.
func TestMsgIDsDoNotRepeat(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "wechat.json")
	seen := map[string]bool{}
	send := func(b bench, count int) {
		account := b.sim.OfficialAccount()
		b.sim.AddTemplate(account.AppID, "TEMPLATE", "first")
		_, _ = b.alice.Follow(t.Context(), "") // no server is told, but she follows
		at := "/cgi-bin/message/template/send?access_token=" + b.plainToken(t, account).field("access_token")
		for range count {
			id := b.post(t, at, map[string]any{
				"touser": b.alice.OpenIDUnder(account.AppID), "template_id": "TEMPLATE",
				"data": map[string]any{"first": map[string]any{"value": "a"}},
			}).field("msgid")
			require.False(t, seen[id], id)
			seen[id] = true
		}
	}
	first := setup(t, wechattest.WithStateFile(path))
	send(first, 2100) // at 2000 the oldest are forgotten
	require.NoError(t, first.sim.Close())
	send(setup(t, wechattest.WithStateFile(path)), 2)
	require.Len(t, seen, 2102)
}

package wechattest

import (
	"context"
	"strconv"
	"strings"
)

// SendText writes to the official account, or to the mini-program's customer service if that is configured for push.
func (p *Phone) SendText(ctx context.Context, content string) (PushReply, error) {
	return p.message(ctx, PushField{"MsgType", "text"}, PushField{"Content", content}, PushField{"MsgId", "1" + randomDigits(17)})
}

// Follow follows the official account, by a QR code with this scene unless it is empty.
func (p *Phone) Follow(ctx context.Context, scene string) (PushReply, error) {
	if scene == "" {
		return p.Event(ctx, "subscribe", PushField{"EventKey", ""})
	}
	return p.Event(ctx, "subscribe", PushField{"EventKey", "qrscene_" + scene}, PushField{"Ticket", "gQ" + randomText(94)})
}

// Unfollow stops following.
func (p *Phone) Unfollow(ctx context.Context) (PushReply, error) {
	return p.Event(ctx, "unsubscribe", PushField{"EventKey", ""})
}

// TapMenu taps a menu entry with this key.
func (p *Phone) TapMenu(ctx context.Context, key string) (PushReply, error) {
	return p.Event(ctx, "CLICK", PushField{"EventKey", key})
}

// Scan scans a QR code of the account with this scene, as one who follows already.
func (p *Phone) Scan(ctx context.Context, scene string) (PushReply, error) {
	return p.Event(ctx, "SCAN", PushField{"EventKey", scene}, PushField{"Ticket", "gQ" + randomText(94)})
}

// Event sends any event, such as "LOCATION", with its further fields. After "subscribe" the user follows the account, with
// whatever fields, until "unsubscribe".
func (p *Phone) Event(ctx context.Context, event string, fields ...PushField) (PushReply, error) {
	if event == "subscribe" || event == "unsubscribe" {
		p.change(func(u *user) { u.Follows = event == "subscribe" })
	}
	return p.message(ctx, append([]PushField{{"MsgType", "event"}, {"Event", event}}, fields...)...)
}

func (p *Phone) message(ctx context.Context, fields ...PushField) (PushReply, error) {
	var push Push
	p.sim.view(func(st *state) { push = st.Push })
	app := p.sim.pushApp(push)
	return p.sim.Push(ctx, append([]PushField{
		{"ToUserName", originalID(app.AppID)},
		{"FromUserName", p.OpenIDUnder(app.AppID)},
		{"CreateTime", strconv.FormatInt(p.sim.SigningTime().Unix(), 10)},
	}, fields...)...)
}

// originalID is an account's gh_ name (原始ID).
func originalID(appID string) string {
	return "gh_" + strings.ReplaceAll(noticeID("account "+appID), "-", "")[:12]
}

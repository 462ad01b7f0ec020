package control

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"

	"wgink.ink/wechat/wechattest"
)

// Pushed is what came of a message or event that was pushed to a shop's server (消息推送).
type Pushed struct {
	Attempts []Attempt         `json:"attempts"`
	Reply    map[string]string `json:"reply,omitempty"`   // the passive reply's fields; none after "success"
	Failure  string            `json:"failure,omitempty"` // what WeChat shows the user if the answer is no reply
}

// configurePush saves where messages and events go (服务器配置), as the portal's page does: the URL is asked first.
func (s *Server) configurePush(r *http.Request) (any, error) {
	var push wechattest.Push
	if err := decode(r, &push); err != nil {
		return nil, err
	}
	if push.URL == "" || push.Token == "" {
		return nil, invalid("a server configuration needs a url and a token")
	}
	usual := wechattest.PlainPush
	if push.EncodingAESKey != "" {
		usual = wechattest.SafePush
	}
	push.Mode = cmp.Or(push.Mode, usual)
	modes := []wechattest.PushMode{wechattest.PlainPush, wechattest.CompatiblePush, wechattest.SafePush}
	if !slices.Contains(modes, push.Mode) {
		return nil, invalid("no mode %q; known: plain, compatible, safe", push.Mode)
	}
	if err := s.wechat.ConfigurePush(r.Context(), push); err != nil {
		return nil, refused("%v", err)
	}
	return map[string]any{"url": push.URL, "mode": push.Mode}, nil
}

// triggerText lets somebody write to the account.
func (s *Server) triggerText(ctx context.Context, t Trigger) (any, error) {
	if t.Text == "" {
		return nil, invalid("what is written? Give a text")
	}
	return s.pushed(t, func(p *wechattest.Phone) (wechattest.PushReply, error) { return p.SendText(ctx, t.Text) })
}

// triggerEvent pushes an event. Following and its end change what the account may send to the user, too.
func (s *Server) triggerEvent(ctx context.Context, t Trigger) (any, error) {
	if t.Type == "" {
		return nil, invalid("which event? Give a type, such as subscribe, SCAN or CLICK")
	}
	var fields []wechattest.PushField
	for _, name := range slices.Sorted(maps.Keys(t.Fields)) {
		if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
			return nil, invalid("%q is no name of a field, such as EventKey", name)
		}
		fields = append(fields, wechattest.PushField{Name: name, Value: t.Fields[name]})
	}
	return s.pushed(t, func(p *wechattest.Phone) (wechattest.PushReply, error) {
		switch {
		case t.Type == "subscribe" && len(fields) == 0:
			return p.Follow(ctx, "")
		case t.Type == "unsubscribe" && len(fields) == 0:
			return p.Unfollow(ctx)
		}
		return p.Event(ctx, t.Type, fields...)
	})
}

// pushed reports on what a phone caused.
func (s *Server) pushed(t Trigger, cause func(*wechattest.Phone) (wechattest.PushReply, error)) (any, error) {
	reply, err := cause(s.wechat.Phone(cmp.Or(t.Phone, someone)))
	if errors.Is(err, wechattest.ErrNoPush) {
		return nil, refused("no server is configured for messages and events: do that first, with wechatctl sim push")
	}
	if err != nil && len(reply.Attempts) == 0 {
		return nil, err
	}
	pushed := Pushed{Attempts: []Attempt{}, Reply: reply.Fields, Failure: reply.Failure}
	for i, a := range reply.Attempts {
		pushed.Attempts = append(pushed.Attempts, Attempt{
			Number: i + 1, At: a.At, LatencyMS: milliseconds(a.Latency), Status: a.Status, Error: a.Error,
			Accepted: a.Status == http.StatusOK,
		})
	}
	return Triggered{Event: t.Event, Push: &pushed, Accepted: err == nil && reply.Failure == ""}, nil
}

package wechattest

import (
	"context"
	"slices"
	"strings"
	"unicode"
)

// AcceptSubscription is the user's "allow" to wx.requestSubscribeMessage: one more message of this template may be sent.
func (p *Phone) AcceptSubscription(ctx context.Context, templateID string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.change(func(u *user) {
		if u.Subscribed == nil {
			u.Subscribed = map[string]int{}
		}
		u.Subscribed[templateID]++
	})
	return nil
}

// PublishPages says which pages the mini-program has. At first every well-formed page passes.
func (s *Simulator) PublishPages(pages ...string) {
	s.update(func(st *state) { st.Pages = append(st.Pages, pages...) })
}

// hasPage says whether a path without query is a page of the mini-program.
func (st *state) hasPage(page string) bool {
	if strings.HasPrefix(page, "/") || strings.ContainsFunc(page, unicode.IsSpace) {
		return false
	}
	return len(st.Pages) == 0 || slices.Contains(st.Pages, page)
}

// sendSubscribeMessage is POST /cgi-bin/message/subscribe/send (发送订阅消息). One acceptance is good for one message; a
// refused message does not use it up.
// Source: developers.weixin.qq.com, sendMessage.
func (s *Simulator) sendSubscribeMessage(call openCall) any {
	var request struct {
		ToUser     string      `json:"touser"`
		TemplateID string      `json:"template_id"`
		Page       string      `json:"page"`
		State      string      `json:"miniprogram_state"`
		Lang       string      `json:"lang"`
		Data       messageData `json:"data"`
	}
	if refused, ok := call.decode(&request); !ok {
		return refused
	}
	var answer any
	s.update(func(st *state) {
		appID := s.settings.app.AppID
		name, found := st.user(appID, request.ToUser)
		kind, known := st.Templates[request.TemplateID]
		page, _, _ := strings.Cut(request.Page, "?")
		switch {
		case !found:
			answer = refusal{40003, "invalid openid"}
		case !known || kind.AppID != appID:
			answer = refusal{40037, "invalid template_id"}
		case request.Page != "" && !st.hasPage(page):
			answer = refusal{41030, "invalid page"}
		case st.Users[name].Subscribed[request.TemplateID] == 0:
			answer = refusal{43101, "user refuse to accept the msg"}
		default:
			if wrong := kind.wrongValue(request.Data); wrong != "" {
				answer = refusal{47003, "argument invalid! data." + wrong + ".value invalid"}
				return
			}
			st.Users[name].Subscribed[request.TemplateID]--
			st.addMessage(SentMessage{
				At: call.now, AppID: appID, OpenID: request.ToUser,
				TemplateID: request.TemplateID, Target: request.Page, Data: request.Data.values(),
			})
			answer = errcode{0, "ok"}
		}
	})
	return answer
}

package wechattest

import (
	"fmt"
	"net/http"
	"time"
)

// errcode is the error shape of api.weixin.qq.com: always HTTP 200, the text ends in a request id.
// Source: developers.weixin.qq.com, 返回码.
type errcode struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

// refusal is an error code with its text, before the request id is added.
type refusal struct {
	code int
	text string
}

func (r refusal) answer(now time.Time) errcode {
	return errcode{r.code, fmt.Sprintf("%s, rid: %08x-%s-%s", r.text, now.Unix(), randomHex(8), randomHex(8))}
}

// openCall is a request to api.weixin.qq.com.
type openCall struct {
	*http.Request
	now time.Time
}

// open adapts an endpoint of api.weixin.qq.com: it returns its answer, or a refusal.
func (s *Simulator) open(endpoint func(openCall) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call := openCall{r, s.settings.clock.Now()}
		answer := endpoint(call)
		if refused, is := answer.(refusal); is {
			answer = refused.answer(call.now)
		}
		// The documents promise no Content-Type; live answers carry these two.
		contentType := "application/json; encoding=utf-8"
		if r.URL.Path == "/sns/jscode2session" {
			contentType = "text/plain"
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(compactJSON(answer))
	}
}

func (s *Simulator) unknownOpenPath(openCall) any { return refusal{40066, "invalid url"} }

// checkApp is the refusal of a wrong appid or secret, if any.
func (s *Simulator) checkApp(appID, secret string) (refusal, bool) {
	switch {
	case appID == "":
		return refusal{41002, "appid missing"}, false
	case secret == "":
		return refusal{41004, "appsecret missing"}, false
	case appID != s.settings.app.AppID:
		return refusal{40013, "invalid appid"}, false
	case secret != s.settings.app.AppSecret:
		return refusal{40125, "invalid appsecret"}, false
	}
	return refusal{}, true
}

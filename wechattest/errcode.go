package wechattest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
	"unicode/utf8"
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

// decode reads the request's JSON object, which must be UTF-8.
func (c openCall) decode(into any) (refusal, bool) {
	body, _ := io.ReadAll(c.Body) // in memory already
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return refusal{44002, "empty post data"}, false
	case !utf8.Valid(body) || json.Unmarshal(body, into) != nil:
		return refusal{47001, "data format error"}, false
	}
	return refusal{}, true
}

// open adapts an endpoint of api.weixin.qq.com: it returns its answer, or a refusal.
func (s *Simulator) open(endpoint func(openCall) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call := openCall{r, s.settings.clock.Now()}
		answer := endpoint(call)
		if refused, is := answer.(refusal); is {
			answer = refused.answer(call.now)
		}
		if image, is := answer.(pngImage); is {
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write(image)
			return
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

// checkApp is the refusal of an appid that is none of these apps', or of a wrong secret, if any.
func checkApp(appID, secret string, apps ...App) (refusal, bool) {
	switch {
	case appID == "":
		return refusal{41002, "appid missing"}, false
	case secret == "":
		return refusal{41004, "appsecret missing"}, false
	}
	for _, app := range apps {
		if app.AppID == appID && app.AppSecret == secret {
			return refusal{}, true
		}
		if app.AppID == appID {
			return refusal{40125, "invalid appsecret"}, false
		}
	}
	return refusal{40013, "invalid appid"}, false
}

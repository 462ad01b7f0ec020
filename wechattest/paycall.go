package wechattest

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
)

// payCall is an authenticated request to api.mch.weixin.qq.com.
type payCall struct {
	*http.Request
	body []byte
	now  time.Time
}

// payAnswer is what an endpoint decided: the body is written as JSON unless it is nil.
type payAnswer struct {
	status int
	body   any
}

// pay adapts an endpoint of WeChat Pay: check the request's signature, call, sign the answer. An error after a right
// signature is signed too; a 401 is not. Source: pay.weixin.qq.com, 如何验证签名.
func (s *Simulator) pay(endpoint func(payCall) (payAnswer, *payError)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // in memory already
		call := payCall{r, body, s.settings.clock.Now()}
		if refused := s.authenticate(r, body, s.SigningTime()); refused != nil {
			s.writeAnswer(w, nil, payAnswer{refused.status, refused}, refused.resultCode)
			return
		}
		pair, refused := s.answerKey(r)
		if refused == nil {
			refused = checkHeaders(r, body)
		}
		var answer payAnswer
		if refused == nil {
			answer, refused = endpoint(call)
		}
		if refused != nil {
			s.writeAnswer(w, &pair, payAnswer{refused.status, refused}, refused.resultCode)
			return
		}
		s.writeAnswer(w, &pair, answer, 0)
	}
}

// answerKey follows the request's Wechatpay-Serial header. An unknown key there is refused; the refusal is signed with
// the usual key.
func (s *Simulator) answerKey(r *http.Request) (keyPair, *payError) {
	wanted := r.Header.Get("Wechatpay-Serial")
	if wanted == "" {
		return s.signingKey(), nil
	}
	if pair, ok := s.key(wanted); ok {
		return pair, nil
	}
	return s.signingKey(), paramError("header", "Wechatpay-Serial", "平台证书序列号Wechatpay-Serial错误", wanted)
}

// checkHeaders holds a request to the documented transport rules.
// Source: pay.weixin.qq.com, 基本规则.
func checkHeaders(r *http.Request, body []byte) *payError {
	if r.UserAgent() == "" || r.Header.Get("Accept") == "" {
		return paramError("header", "Accept", "Http头缺少Accept或User-Agent", nil)
	}
	if accept := r.Header.Get("Accept"); !strings.Contains(accept, "application/json") && !strings.Contains(accept, "*/*") {
		return paramError("header", "Accept", "Http头Accept必须为application/json", accept)
	}
	if len(body) == 0 {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return paramError("header", "Content-Type", "Http头Content-Type必须为application/json", nil)
	}
	return nil
}

// writeAnswer sends an answer, signed unless pair is nil.
func (s *Simulator) writeAnswer(w http.ResponseWriter, pair *keyPair, answer payAnswer, resultCode int) {
	var body []byte
	header := w.Header()
	if file, is := answer.body.(billFile); is {
		file.writeTo(w)
		return
	}
	if answer.body != nil {
		body = compactJSON(answer.body)
		header.Set("Content-Type", "application/json; charset=utf-8")
	}
	header.Set("Cache-Control", "no-cache, must-revalidate")
	header.Set("Request-Id", fmt.Sprintf("08%s-%d", strings.ToUpper(randomHex(42)), resultCode))
	if pair != nil {
		signHeader(header, *pair, s.SigningTime(), body)
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(body)
}

func (s *Simulator) unknownPayPath(payCall) (payAnswer, *payError) {
	return payAnswer{}, &payError{http.StatusNotFound, 268435463, "RESOURCE_NOT_EXISTS", "请求的资源不存在", nil}
}

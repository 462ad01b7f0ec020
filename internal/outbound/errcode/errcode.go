// Package errcode reads the answers of api.weixin.qq.com, where failure comes as HTTP 200 with an errcode. It serves
// mini-program (小程序), official account (公众号) and token calls alike, and is the one place that decodes errcode.
package errcode

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"wgink.ink/wechat/internal/strictjson"
)

// ErrTokenInvalid is in the chain of every error that says the access_token (接口调用凭据) is no longer accepted: fetch
// it anew, once, and repeat the call.
var ErrTokenInvalid = errors.New("access token is not accepted")

// ErrNotJSON means that the answer is not the JSON object WeChat documents; the outcome of the call is unknown.
var ErrNotJSON = errors.New("answer is not a JSON object")

// APIError is WeChat's refusal of a call (返回码).
type APIError struct {
	Code    int    // errcode
	Message string // errmsg without its rid, shortened; English text, never to be branched on
	RID     string // rid, which WeChat's support asks for
}

// Error implements error.
func (e *APIError) Error() string {
	if e.RID == "" {
		return fmt.Sprintf("errcode %d: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("errcode %d: %s (rid %s)", e.Code, e.Message, e.RID)
}

// Is makes errors.Is(err, ErrTokenInvalid) true for the codes that mean it.
func (e *APIError) Is(target error) bool {
	return target == ErrTokenInvalid && (e.Code == TokenInvalid || e.Code == TokenMalformed || e.Code == TokenExpired)
}

// Decode reads an answer by its content, whatever its Content-Type says: a non-zero errcode gives *APIError, anything
// else is decoded into v (nil: there is nothing to decode). An absent errcode means 0. Each of hide is cut out of the
// error's text, should the answer repeat it.
func Decode(body []byte, v any, hide ...string) error {
	var failure struct {
		ErrCode int    `json:"errcode"`
		ErrMsg  string `json:"errmsg"`
	}
	if err := strictjson.Unmarshal(body, &failure); err != nil {
		return fmt.Errorf("%w: %w", ErrNotJSON, err)
	}
	if failure.ErrCode != 0 {
		message, rid := splitRID(failure.ErrMsg)
		return &APIError{Code: failure.ErrCode, Message: clean(message, hide), RID: rid}
	}
	if v == nil {
		return nil
	}
	if err := strictjson.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: %w", ErrNotJSON, err)
	}
	return nil
}

// splitRID takes "invalid code, rid: 61725984-6126f6f9-040f19c4" apart.
func splitRID(text string) (message, rid string) {
	at := regexp.MustCompile(`[, ]*\brid: ([0-9a-f-]{1,40})`).FindStringSubmatchIndex(text)
	if at == nil {
		return text, ""
	}
	return text[:at[0]], text[at[2]:at[3]]
}

// messageMax is how much of an errmsg is kept, in runes.
const messageMax = 120

func clean(text string, hide []string) string {
	for _, secret := range hide {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > messageMax {
		return string(runes[:messageMax]) + "…"
	}
	return text
}

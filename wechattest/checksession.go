package wechattest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// sessionSignature proves that a server holds a user's session_key: the HMAC key is the base64 text itself.
// Source: developers.weixin.qq.com, checkSessionKey and 用户登录态签名.
func sessionSignature(sessionKey, data string) string {
	mac := hmac.New(sha256.New, []byte(sessionKey))
	mac.Write([]byte(data))
	return hex.EncodeToString(mac.Sum(nil))
}

// checkSession is GET /wxa/checksession (检验登录态).
func (s *Simulator) checkSession(call openCall) any {
	var answer any
	s.view(func(st *state) { _, answer = s.sessionOf(st, call) })
	return answer
}

// resetSession is GET /wxa/resetusersessionkey (重置登录态): the same proof, then a new session_key.
func (s *Simulator) resetSession(call openCall) any {
	var answer any
	s.update(func(st *state) {
		person, checked := s.sessionOf(st, call)
		if answer = checked; person != nil {
			person.SessionKey = randomSessionKey()
			answer = struct {
				errcode
				OpenID     string `json:"openid"`
				SessionKey string `json:"session_key"`
			}{errcode{0, "ok"}, call.URL.Query().Get("openid"), person.SessionKey}
		}
	})
	return answer
}

// sessionOf is the user whose session_key signed the call, or nil and the refusal.
func (s *Simulator) sessionOf(st *state, call openCall) (*user, any) {
	query := call.URL.Query()
	name, found := st.user(s.settings.app.AppID, query.Get("openid"))
	if !found {
		return nil, refusal{40003, "invalid openid"}
	}
	person := st.Users[name]
	wanted := sessionSignature(person.SessionKey, "")
	signed := hmac.Equal([]byte(query.Get("signature")), []byte(wanted))
	if query.Get("sig_method") != "hmac_sha256" || person.SessionKey == "" || !signed {
		return nil, refusal{87009, "invalid signature"}
	}
	return person, errcode{0, "ok"}
}

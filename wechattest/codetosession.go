package wechattest

import (
	"net/http"
	"time"
)

const (
	// codeLife is how long a js_code or phone code is good for one use.
	codeLife = 5 * time.Minute
	// codeMemory is how long a used code is told from an unknown one. Not documented.
	codeMemory = 2 * codeLife
	// exchangesPerMinute is the limit of code2Session for one user (45011).
	exchangesPerMinute = 100
)

// loginCode is a js_code from wx.login.
type loginCode struct {
	User       string    `json:"user"` // name
	SessionKey string    `json:"session_key"`
	IssuedAt   time.Time `json:"issued_at"`
	Used       bool      `json:"used"`
	NoUnionID  bool      `json:"no_unionid,omitempty"` // by a script
}

// sessionAnswer leaves errcode out, as live answers do.
type sessionAnswer struct {
	SessionKey string `json:"session_key"`
	OpenID     string `json:"openid"`
	UnionID    string `json:"unionid,omitempty"`
}

// codeToSession is GET /sns/jscode2session (小程序登录).
// Source: developers.weixin.qq.com, code2Session.
func (s *Simulator) codeToSession(call openCall) any {
	if call.Method != http.MethodGet {
		return refusal{43001, "require GET method"}
	}
	query := call.URL.Query()
	if refused, ok := checkApp(query.Get("appid"), query.Get("secret"), s.settings.app); !ok {
		return refused
	}
	if query.Get("js_code") == "" {
		return refusal{41008, "missing code"}
	}
	if query.Get("grant_type") != "authorization_code" {
		return refusal{40002, "invalid grant_type"}
	}
	var answer any
	s.update(func(st *state) { answer = st.exchange(s.settings.app.AppID, query.Get("js_code"), call.now) })
	return answer
}

func (st *state) exchange(appID, jsCode string, now time.Time) any {
	code := st.LoginCodes[jsCode]
	switch {
	case code == nil:
		return refusal{40029, "invalid code"}
	case code.Used:
		return refusal{40163, "code been used"}
	case now.Sub(code.IssuedAt) > codeLife:
		return refusal{40029, "invalid code"}
	}
	person := st.Users[code.User]
	if person.HighRisk {
		return refusal{40226, "code blocked"}
	}
	if !person.mayExchange(now) {
		return refusal{45011, "api minute-quota reach limit, mustslower, retry next minute"}
	}
	code.Used, person.SeenAt = true, now
	answer := sessionAnswer{SessionKey: code.SessionKey, OpenID: person.OpenIDs[appID]}
	if !st.Unbound && !code.NoUnionID {
		answer.UnionID = person.UnionID
	}
	return answer
}

// mayExchange counts an exchange against the user's limit.
func (u *user) mayExchange(now time.Time) bool {
	recent := u.Exchanges[:0]
	for _, at := range u.Exchanges {
		if now.Sub(at) < time.Minute {
			recent = append(recent, at)
		}
	}
	u.Exchanges = recent
	if len(recent) >= exchangesPerMinute {
		return false
	}
	u.Exchanges = append(u.Exchanges, now)
	return true
}

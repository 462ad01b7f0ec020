package wechattest

import (
	"net/http"
	"time"
)

// The rules of the other access_token. Source: developers.weixin.qq.com, getAccessToken.
const (
	// tokenOverlap is how long the token before the newest lives on.
	tokenOverlap = 5 * time.Minute
	// plainPerDay is the older limits page's figure; a live quota reply showed 10,000.
	plainPerDay = 2000
)

// plainLedger is an app's tokens of GET /cgi-bin/token, newest last.
type plainLedger struct {
	Issued []accessToken `json:"issued"`
	Day    string        `json:"day"` // of Calls, Beijing time
	Calls  int           `json:"calls"`
}

// plainToken is GET /cgi-bin/token: each call makes a new token. Two programs that both refresh end each other's.
func (s *Simulator) plainToken(call openCall) any {
	if call.Method != http.MethodGet {
		return refusal{43001, "require GET method"}
	}
	query := call.URL.Query()
	if query.Get("grant_type") != "client_credential" {
		return refusal{40002, "invalid grant_type"}
	}
	if refused, ok := checkApp(query.Get("appid"), query.Get("secret"), s.settings.app, s.settings.account); !ok {
		return refused
	}
	var answer any
	s.update(func(st *state) { answer = st.tokens(query.Get("appid")).Plain.issue(call.now) })
	return answer
}

func (l *plainLedger) issue(now time.Time) any {
	if today := now.In(beijing()).Format(time.DateOnly); l.Day != today {
		l.Day, l.Calls = today, 0
	}
	if l.Calls >= plainPerDay {
		return refusal{45009, "reach max api daily quota limit, could get access_token by getStableAccessToken"}
	}
	l.Calls++
	for i, token := range l.Issued {
		if end := now.Add(tokenOverlap); end.Before(token.ExpiresAt) {
			l.Issued[i].ExpiresAt = end
		}
	}
	l.Issued = keepTokens(append(l.Issued, newAccessToken(now)))
	return tokenAnswer{l.Issued[len(l.Issued)-1].Value, int(tokenLife / time.Second)}
}

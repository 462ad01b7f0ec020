package wechattest

import (
	"net/http"
	"slices"
	"time"
)

// The rules of the stable access_token. Source: developers.weixin.qq.com, getStableAccessToken.
const (
	tokenRenewal  = 5 * time.Minute // in its last five minutes a token is replaced; both are valid
	forcedSpacing = 30 * time.Second
	forcedPerDay  = 20
)

// tokenLedger is an app's stable tokens, newest last.
type tokenLedger struct {
	Issued []accessToken `json:"issued"`
	Forced []time.Time   `json:"forced"` // forced refreshes
}

// stableToken is POST /cgi-bin/stable_token.
func (s *Simulator) stableToken(call openCall) any {
	if call.Method != http.MethodPost {
		return refusal{43002, "require POST method"}
	}
	var request struct {
		GrantType    string `json:"grant_type"`
		AppID        string `json:"appid"`
		Secret       string `json:"secret"`
		ForceRefresh bool   `json:"force_refresh"`
	}
	if refused, ok := call.decode(&request); !ok {
		return refused
	}
	if request.GrantType != "client_credential" {
		return refusal{40002, "invalid grant_type"}
	}
	if refused, ok := checkApp(request.AppID, request.Secret, s.settings.app, s.settings.account); !ok {
		return refused
	}
	var answer any
	s.update(func(st *state) { answer = st.tokens(request.AppID).Stable.stable(request.ForceRefresh, call.now) })
	return answer
}

// stable returns the present token, a new one when that is about to expire, or a new one that kills the others.
func (l *tokenLedger) stable(force bool, now time.Time) any {
	if force && !l.justForced(now) {
		if l.forcedToday(now) >= forcedPerDay {
			return refusal{45009, "reach max api daily quota limit"}
		}
		l.Forced = append(l.Forced, now)
		l.Issued = nil
	}
	if len(l.Issued) == 0 || l.newest().ExpiresAt.Sub(now) <= tokenRenewal {
		l.Issued = keepTokens(append(l.Issued, newAccessToken(now)))
	}
	newest := l.newest()
	return tokenAnswer{newest.Value, int(newest.ExpiresAt.Sub(now) / time.Second)}
}

func (l *tokenLedger) newest() accessToken { return l.Issued[len(l.Issued)-1] }

func (l *tokenLedger) justForced(now time.Time) bool {
	return len(l.Forced) > 0 && now.Sub(l.Forced[len(l.Forced)-1]) < forcedSpacing
}

func (l *tokenLedger) forcedToday(now time.Time) int {
	today := now.In(beijing()).Format(time.DateOnly)
	l.Forced = slices.DeleteFunc(l.Forced, func(t time.Time) bool {
		return t.In(beijing()).Format(time.DateOnly) != today
	})
	return len(l.Forced)
}

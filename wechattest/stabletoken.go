package wechattest

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// The rules of the stable access_token. Source: developers.weixin.qq.com, getStableAccessToken.
const (
	tokenLife       = 7200 * time.Second
	tokenRenewal    = 5 * time.Minute // in its last five minutes a token is replaced; both are valid
	forcedSpacing   = 30 * time.Second
	forcedPerDay    = 20
	tokensKept      = 20 // expired tokens that are still told from unknown ones
	tokenCharacters = 136
)

// accessToken is one issued access_token (接口调用凭据).
type accessToken struct {
	Value     string    `json:"value"`
	ExpiresAt time.Time `json:"expires_at"`
}

// tokenLedger is the app's tokens, newest last.
type tokenLedger struct {
	Issued []accessToken `json:"issued"`
	Forced []time.Time   `json:"forced"` // forced refreshes
}

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"` // seconds
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
	if err := json.NewDecoder(call.Body).Decode(&request); err != nil {
		return refusal{47001, "data format error"}
	}
	if request.GrantType != "client_credential" {
		return refusal{40002, "invalid grant_type"}
	}
	if refused, ok := s.checkApp(request.AppID, request.Secret); !ok {
		return refused
	}
	var answer any
	s.update(func(st *state) { answer = st.Tokens.stable(request.ForceRefresh, call.now) })
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
		l.Issued = append(l.Issued, accessToken{randomText(tokenCharacters), now.Add(tokenLife)})
		l.Issued = l.Issued[max(0, len(l.Issued)-tokensKept):]
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

// check is the refusal of an access_token, if any.
func (l *tokenLedger) check(value string, now time.Time) (refusal, bool) {
	known := slices.IndexFunc(l.Issued, func(t accessToken) bool { return t.Value == value })
	switch {
	case value == "":
		return refusal{41001, "access_token missing"}, false
	case len(value) != tokenCharacters:
		return refusal{40014, "invalid access_token"}, false
	case known < 0:
		return refusal{40001, "invalid credential, access_token is invalid or not latest"}, false
	case !now.Before(l.Issued[known].ExpiresAt):
		return refusal{42001, "access_token expired"}, false
	}
	return refusal{}, true
}

// RevokeAccessTokens ends every access_token at once, as a forced refresh by another program does (errcode 40001).
func (s *Simulator) RevokeAccessTokens() {
	s.update(func(st *state) { st.Tokens.Issued = nil })
}

package wechattest

import (
	"net/http"
	"slices"
	"time"
)

// The rules of the app-level access_token (接口调用凭据), of both kinds.
const (
	tokenLife       = 7200 * time.Second
	tokensKept      = 20 // expired tokens that are still told from unknown ones
	tokenCharacters = 136
)

// accessToken is one issued access_token.
type accessToken struct {
	Value     string    `json:"value"`
	ExpiresAt time.Time `json:"expires_at"`
}

func newAccessToken(now time.Time) accessToken {
	return accessToken{randomSecret(tokenCharacters), now.Add(tokenLife)}
}

func keepTokens(issued []accessToken) []accessToken { return issued[max(0, len(issued)-tokensKept):] }

// tokenBook is one app's tokens. The two kinds do not touch each other.
type tokenBook struct {
	Stable tokenLedger `json:"stable"`
	Plain  plainLedger `json:"plain"`
}

type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"` // seconds
}

// tokens are an app's tokens.
func (st *state) tokens(appID string) *tokenBook {
	if st.Tokens[appID] == nil {
		st.Tokens[appID] = &tokenBook{}
	}
	return st.Tokens[appID]
}

// checkToken is the refusal of an access_token for this app, if any. Another app's token may do nothing here (48001).
func (st *state) checkToken(appID, value string, now time.Time) (refusal, bool) {
	switch {
	case value == "":
		return refusal{41001, "access_token missing"}, false
	case len(value) != tokenCharacters:
		return refusal{40014, "invalid access_token"}, false
	}
	for owner, book := range st.Tokens {
		for _, token := range slices.Concat(book.Stable.Issued, book.Plain.Issued) {
			switch {
			case token.Value != value:
			case !now.Before(token.ExpiresAt):
				return refusal{42001, "access_token expired"}, false
			case owner != appID:
				return refusal{48001, "api unauthorized"}, false
			default:
				return refusal{}, true
			}
		}
	}
	return refusal{40001, "invalid credential, access_token is invalid or not latest"}, false
}

// posted adapts an endpoint of this app that takes a POST with an access_token.
func (s *Simulator) posted(app App, endpoint func(openCall) any) func(openCall) any {
	return s.authorized(app, http.MethodPost, refusal{43002, "require POST method"}, endpoint)
}

// instead adapts an endpoint whose error table has a code of its own for something.
func instead(of int, own refusal, endpoint func(openCall) any) func(openCall) any {
	return func(call openCall) any {
		answer := endpoint(call)
		if refused, is := answer.(refusal); is && refused.code == of {
			return own
		}
		return answer
	}
}

// asked adapts an endpoint of this app that takes a GET with an access_token.
func (s *Simulator) asked(app App, endpoint func(openCall) any) func(openCall) any {
	return s.authorized(app, http.MethodGet, refusal{43001, "require GET method"}, endpoint)
}

func (s *Simulator) authorized(app App, method string, otherwise refusal, endpoint func(openCall) any) func(openCall) any {
	return func(call openCall) any {
		var refused refusal
		var ok bool
		s.view(func(st *state) {
			refused, ok = st.checkToken(app.AppID, call.URL.Query().Get("access_token"), call.now)
		})
		switch {
		case !ok:
			return refused
		case call.Method != method:
			return otherwise
		}
		return endpoint(call)
	}
}

// RevokeAccessTokens ends every access_token at once, as a forced refresh by another program does (errcode 40001).
func (s *Simulator) RevokeAccessTokens() {
	s.update(func(st *state) { clear(st.Tokens) })
}

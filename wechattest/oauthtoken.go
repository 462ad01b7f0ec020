package wechattest

import (
	"time"
)

const (
	grantCharacters  = 110 // of a user's tokens; those of apps are longer
	grantTokenLife   = 7200 * time.Second
	grantRefreshLife = 30 * 24 * time.Hour // another page says 180 days; refreshing does not prolong it here
)

// userGrant is what one user allowed the official account's pages to know.
type userGrant struct {
	User         string    `json:"user"` // name
	Scope        string    `json:"scope"`
	Access       string    `json:"access"`
	AccessEnds   time.Time `json:"access_ends"`
	RefreshEnds  time.Time `json:"refresh_ends"`
	SnapshotUser bool      `json:"snapshot_user"`
	Voided       bool      `json:"voided,omitempty"` // by a new password
}

type grantAnswer struct {
	AccessToken    string `json:"access_token"`
	ExpiresIn      int    `json:"expires_in"` // seconds
	RefreshToken   string `json:"refresh_token"`
	OpenID         string `json:"openid"`
	Scope          string `json:"scope"`
	IsSnapshotUser int    `json:"is_snapshotuser,omitempty"`
	UnionID        string `json:"unionid,omitempty"`
}

// SetSnapshot makes the user browse as a snapshot user (快照页): authorizations give a made-up identity, marked so.
func (p *Phone) SetSnapshot(snapshot bool) { p.change(func(u *user) { u.Snapshot = snapshot }) }

// ChangePassword changes the user's WeChat password: tokens of earlier web authorizations are void (42007).
func (p *Phone) ChangePassword() {
	p.sim.update(func(st *state) {
		for _, grant := range st.Grants {
			grant.Voided = grant.Voided || grant.User == p.name
		}
	})
}

func passwordChanged() refusal {
	return refusal{42007, "access_token and refresh_token exception: the user changed the password"}
}

// exchangeOAuthCode is GET /sns/oauth2/access_token.
// Source: developers.weixin.qq.com, 网页授权.
func (s *Simulator) exchangeOAuthCode(call openCall) any {
	query := call.URL.Query()
	if refused, ok := checkApp(query.Get("appid"), query.Get("secret"), s.settings.account); !ok {
		return refused
	}
	if query.Get("code") == "" {
		return refusal{41008, "missing code"}
	}
	if query.Get("grant_type") != "authorization_code" {
		return refusal{40002, "invalid grant_type"}
	}
	var answer any
	s.update(func(st *state) {
		code := st.OAuthCodes[query.Get("code")]
		switch {
		case code == nil:
			answer = refusal{40029, "invalid code"}
			return
		case code.Used:
			answer = refusal{40163, "code been used"}
			return
		case call.now.Sub(code.IssuedAt) > codeLife:
			answer = refusal{42003, "code expired"}
			return
		}
		code.Used = true
		refresh := randomSecret(grantCharacters)
		grant := &userGrant{
			User: code.User, Scope: code.Scope, RefreshEnds: call.now.Add(grantRefreshLife),
			SnapshotUser: st.Users[code.User].Snapshot,
		}
		st.Grants[refresh] = grant
		answer = s.renew(st, refresh, grant, call.now)
	})
	return answer
}

// refreshGrant is GET /sns/oauth2/refresh_token: a living access_token lives on for two more hours, an ended one is
// replaced.
func (s *Simulator) refreshGrant(call openCall) any {
	query := call.URL.Query()
	switch {
	case query.Get("appid") == "":
		return refusal{41002, "appid missing"}
	case query.Get("appid") != s.settings.account.AppID:
		return refusal{40013, "invalid appid"}
	case query.Get("grant_type") != "refresh_token":
		return refusal{40002, "invalid grant_type"}
	}
	var answer any
	s.update(func(st *state) {
		refresh := query.Get("refresh_token")
		switch grant := st.Grants[refresh]; {
		case grant == nil:
			answer = refusal{40030, "invalid refresh_token"}
		case grant.Voided:
			answer = passwordChanged()
		case !call.now.Before(grant.RefreshEnds):
			answer = refusal{42002, "refresh_token expired"}
		default:
			answer = s.renew(st, refresh, grant, call.now)
		}
	})
	return answer
}

func (s *Simulator) renew(st *state, refresh string, grant *userGrant, now time.Time) grantAnswer {
	if !now.Before(grant.AccessEnds) {
		grant.Access = randomSecret(grantCharacters)
		st.GrantOf[grant.Access] = refresh
	}
	grant.AccessEnds = now.Add(grantTokenLife)
	answer := grantAnswer{
		AccessToken: grant.Access, ExpiresIn: int(grantTokenLife / time.Second), RefreshToken: refresh,
		OpenID: s.grantOpenID(st, grant), Scope: grant.Scope,
	}
	if grant.SnapshotUser {
		answer.IsSnapshotUser = 1
	}
	if grant.Scope == scopeUserInfo && !st.Unbound && !grant.SnapshotUser {
		answer.UnionID = st.Users[grant.User].UnionID
	}
	return answer
}

// grantOpenID is the user's openid under the official account, or a made-up one.
func (s *Simulator) grantOpenID(st *state, grant *userGrant) string {
	if grant.SnapshotUser {
		return identifier("o", "snapshot "+grant.Access)
	}
	return st.Users[grant.User].OpenIDs[s.settings.account.AppID]
}

package wechattest

import (
	"context"
	"time"
)

// Phone is one person's phone with the mini-program open. Get one with [Simulator.Phone].
type Phone struct {
	sim  *Simulator
	name string
}

// Profile is what a user shows of themself.
type Profile struct {
	NickName  string `json:"nickName"`
	AvatarURL string `json:"avatarUrl"`
}

// Phone is the phone of the person with this name; the first call creates the person. Openid, unionid and phone number
// follow from the name.
func (s *Simulator) Phone(name string) *Phone {
	s.update(func(st *state) { st.person(&s.settings, name) })
	return &Phone{s, name}
}

// OpenID is the user's id under the simulator's mini-program.
func (p *Phone) OpenID() string { return p.OpenIDUnder(p.sim.settings.app.AppID) }

// OpenIDUnder is the user's id under any of the simulator's apps; empty for a foreign appid.
func (p *Phone) OpenIDUnder(appID string) string { return p.user().OpenIDs[appID] }

// UnionID is the user's id across the apps of one Open Platform account.
func (p *Phone) UnionID() string { return p.user().UnionID }

// Number is the user's phone number without country code.
func (p *Phone) Number() string { return p.user().PureNumber }

// SetNumber changes the phone number, for instance to "852", "61234567".
func (p *Phone) SetNumber(countryCode, pureNumber string) {
	p.change(func(u *user) { u.CountryCode, u.PureNumber = countryCode, pureNumber })
}

// SetProfile changes what the legacy profile calls return. At first it is the anonymous profile.
func (p *Phone) SetProfile(profile Profile) { p.change(func(u *user) { u.Profile = profile }) }

// SetHighRisk makes WeChat block the user's log-ins (errcode 40226), or stops that.
func (p *Phone) SetHighRisk(blocked bool) { p.change(func(u *user) { u.HighRisk = blocked }) }

// Login is wx.login: a js_code for one use within five minutes. Each log-in starts a new session_key at once, the
// strictest reading of "may": data encrypted from now on cannot be read with the key of an earlier log-in.
func (p *Phone) Login(ctx context.Context) (code string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	now := p.sim.settings.clock.Now()
	code = "0" + randomDigits(1) + randomText(30)
	fault := p.sim.faults.strike(occasion{on: OnLogin})
	p.sim.update(func(st *state) {
		person := st.person(&p.sim.settings, p.name)
		if fault.SameCode && person.LastCode != "" {
			code = person.LastCode
			return
		}
		person.LastCode = code
		person.SessionKey = randomSessionKey()
		st.LoginCodes[code] = &loginCode{User: p.name, SessionKey: person.SessionKey, IssuedAt: now, NoUnionID: fault.NoUnionID}
		if fault.NewKey {
			person.SessionKey = randomSessionKey()
		}
		st.forgetCodes(now)
	})
	return code, nil
}

// GrantPhone is a tap on the getPhoneNumber button: a code for one exchange within five minutes.
func (p *Phone) GrantPhone(ctx context.Context) (code string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	now := p.sim.settings.clock.Now()
	code = randomHex(64)
	p.sim.update(func(st *state) {
		st.PhoneCodes[code] = &phoneCode{User: p.name, IssuedAt: now}
		st.forgetCodes(now)
	})
	return code, nil
}

// BindOpenPlatform says whether the mini-program belongs to an Open Platform account, so that log-ins carry a unionid.
// At first it does.
func (s *Simulator) BindOpenPlatform(bound bool) { s.update(func(st *state) { st.Unbound = !bound }) }

func (st *state) forgetCodes(now time.Time) {
	for text, code := range st.LoginCodes {
		if now.Sub(code.IssuedAt) > codeMemory {
			delete(st.LoginCodes, text)
		}
	}
	for text, code := range st.OAuthCodes {
		if now.Sub(code.IssuedAt) > codeMemory {
			delete(st.OAuthCodes, text)
		}
	}
	for text, code := range st.PhoneCodes {
		if now.Sub(code.IssuedAt) > codeMemory {
			delete(st.PhoneCodes, text)
		}
	}
}

func (p *Phone) user() (u user) {
	p.sim.view(func(st *state) { u = *st.person(&p.sim.settings, p.name) })
	return u
}

func (p *Phone) change(change func(*user)) {
	p.sim.update(func(st *state) { change(st.person(&p.sim.settings, p.name)) })
}

package wechattest

// checkedGrant is the grant behind a user's access_token, or the refusal. It has nothing to do with the app-level token.
func (s *Simulator) checkedGrant(st *state, call openCall) (*userGrant, refusal) {
	query := call.URL.Query()
	grant := st.Grants[st.GrantOf[query.Get("access_token")]]
	switch {
	case query.Get("access_token") == "":
		return nil, refusal{41001, "access_token missing"}
	case len(query.Get("access_token")) != grantCharacters:
		return nil, refusal{40014, "invalid access_token"}
	case grant == nil || grant.Access != query.Get("access_token"):
		return nil, refusal{40001, "invalid credential, access_token is invalid or not latest"}
	case grant.Voided:
		return nil, passwordChanged()
	case !call.now.Before(grant.AccessEnds):
		return nil, refusal{42001, "access_token expired"}
	case query.Get("openid") != s.grantOpenID(st, grant):
		return nil, refusal{40003, "invalid openid"}
	}
	return grant, refusal{}
}

// checkGrant is GET /sns/auth.
func (s *Simulator) checkGrant(call openCall) any {
	var answer any
	s.view(func(st *state) {
		grant, refused := s.checkedGrant(st, call)
		if answer = refused; grant != nil {
			answer = errcode{0, "ok"}
		}
	})
	return answer
}

// userInfo is GET /sns/userinfo (拉取用户信息). Sex and place have been empty since 2021-10-20.
func (s *Simulator) userInfo(call openCall) any {
	var answer any
	s.view(func(st *state) {
		grant, refused := s.checkedGrant(st, call)
		if grant == nil {
			answer = refused
			return
		}
		if grant.Scope != scopeUserInfo {
			answer = refusal{48001, "api unauthorized"}
			return
		}
		person := st.Users[grant.User]
		profile := person.Profile
		if profile == anonymousProfile() { // here, consent gives the real name
			profile.NickName = grant.User
		}
		info := struct {
			OpenID     string   `json:"openid"`
			NickName   string   `json:"nickname"`
			Sex        int      `json:"sex"`
			Language   string   `json:"language"`
			City       string   `json:"city"`
			Province   string   `json:"province"`
			Country    string   `json:"country"`
			HeadImgURL string   `json:"headimgurl"`
			Privilege  []string `json:"privilege"`
			UnionID    string   `json:"unionid,omitempty"`
		}{
			OpenID: s.grantOpenID(st, grant), NickName: profile.NickName, HeadImgURL: profile.AvatarURL, Privilege: []string{},
		}
		if !st.Unbound && !grant.SnapshotUser {
			info.UnionID = person.UnionID
		}
		answer = info
	})
	return answer
}

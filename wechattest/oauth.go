package wechattest

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// The scopes of web authorization (网页授权).
const (
	scopeBase     = "snsapi_base"     // the openid only, without a question
	scopeUserInfo = "snsapi_userinfo" // with the user's consent
)

// oauthCode is a code of web authorization.
type oauthCode struct {
	User     string    `json:"user"` // name
	Scope    string    `json:"scope"`
	IssuedAt time.Time `json:"issued_at"`
	Used     bool      `json:"used"`
}

// OAuthRefusedError is WeChat's error page instead of a redirect.
type OAuthRefusedError struct {
	Code   int // the page's number, such as 10003
	Reason string
}

func (e *OAuthRefusedError) Error() string { return e.Reason }

// authorization request, checked.
type oauthRequest struct {
	redirect *url.URL
	scope    string
	state    string
}

// parseOAuthRequest checks the query of /connect/oauth2/authorize, whose order and letter case must be the documents'.
// Source: developers.weixin.qq.com, 网页授权. Pages for which no number is published get 10004.
func (s *Simulator) parseOAuthRequest(rawQuery string) (oauthRequest, *OAuthRefusedError) {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return oauthRequest{}, &OAuthRefusedError{10004, "参数错误 (the query cannot be read)"}
	}
	var names []string
	for pair := range strings.SplitSeq(rawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	order := strings.TrimSuffix(strings.Join(names, " "), " forcePopup")
	redirect, err := url.Parse(query.Get("redirect_uri"))
	scope, state := query.Get("scope"), query.Get("state")
	switch {
	case order != "appid redirect_uri response_type scope state" && order != "appid redirect_uri response_type scope":
		return oauthRequest{}, &OAuthRefusedError{10004, "参数错误 (the parameters must stand in the documents' order, got " + order + ")"}
	case query.Get("appid") != s.settings.account.AppID:
		return oauthRequest{}, &OAuthRefusedError{10004, "AppID 参数错误 (not the official account's)"}
	case query.Get("response_type") != "code":
		return oauthRequest{}, &OAuthRefusedError{10004, "参数错误 (response_type must be code)"}
	case scope != scopeBase && scope != scopeUserInfo:
		return oauthRequest{}, &OAuthRefusedError{10005, "Scope 参数错误或没有 Scope 权限"}
	case err != nil || redirect.Host == "" || (redirect.Scheme != "http" && redirect.Scheme != "https"):
		return oauthRequest{}, &OAuthRefusedError{10003, "redirect_uri 参数错误 (not a whole URL)"}
	case s.settings.oauthDomain != "" && redirect.Hostname() != s.settings.oauthDomain:
		return oauthRequest{}, &OAuthRefusedError{10003, "redirect_uri 域名与后台配置不一致 (" + redirect.Hostname() + ")"}
	case !regexp.MustCompile(`^[0-9A-Za-z]{0,128}$`).MatchString(state):
		return oauthRequest{}, &OAuthRefusedError{10004, "state 参数错误 (letters and digits, at most 128)"}
	}
	return oauthRequest{redirect, scope, state}, nil
}

// back is where the browser goes: with a code after consent, with the state alone after a refusal.
func (r oauthRequest) back(code string) string {
	target := *r.redirect
	var query []string
	if target.RawQuery != "" {
		query = append(query, target.RawQuery)
	}
	if code != "" {
		query = append(query, "code="+code)
	}
	target.RawQuery = strings.Join(append(query, "state="+url.QueryEscape(r.state)), "&")
	return target.String()
}

// Authorize opens an authorization link in the phone's WeChat and agrees. It returns where the browser is sent:
// redirect_uri with code and state. A link without #wechat_redirect, or a wrong one, is an [*OAuthRefusedError].
func (p *Phone) Authorize(ctx context.Context, link string) (redirect string, err error) {
	request, err := p.openLink(ctx, link)
	if err != nil {
		return "", err
	}
	return request.back(p.sim.newOAuthCode(p.name, request.scope)), nil
}

// DenyAuthorize opens an authorization link and refuses: the browser is sent back without a code.
func (p *Phone) DenyAuthorize(ctx context.Context, link string) (redirect string, err error) {
	request, err := p.openLink(ctx, link)
	if err != nil {
		return "", err
	}
	return request.back(""), nil
}

func (p *Phone) openLink(ctx context.Context, link string) (oauthRequest, error) {
	if err := ctx.Err(); err != nil {
		return oauthRequest{}, err
	}
	target, err := url.Parse(link)
	if err != nil || target.Fragment != "wechat_redirect" {
		return oauthRequest{}, &OAuthRefusedError{10004, "参数错误 (the link must end in #wechat_redirect)"}
	}
	request, refused := p.sim.parseOAuthRequest(target.RawQuery)
	if refused != nil {
		return oauthRequest{}, refused
	}
	return request, nil
}

// newOAuthCode is a code for one use within five minutes.
func (s *Simulator) newOAuthCode(name, scope string) string {
	code, now := "0"+randomDigits(1)+randomText(30), s.settings.clock.Now()
	s.update(func(st *state) {
		st.person(&s.settings, name)
		st.OAuthCodes[code] = &oauthCode{User: name, Scope: scope, IssuedAt: now}
		st.forgetCodes(now)
	})
	return code
}

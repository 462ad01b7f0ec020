package miniprogram

import (
	"context"
	"errors"
	"regexp"
	"time"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/outbound"
	"wgink.ink/wechat/internal/outbound/errcode"
)

// Session is the answer of code2Session (小程序登录). UnionID is empty unless the app belongs to an Open Platform account.
type Session struct {
	OpenID     string // the user within this app
	UnionID    string // the same person in every app of the Open Platform account
	SessionKey SessionKey
}

// busyPause is the wait before a call that WeChat was too busy for is repeated.
const busyPause = 200 * time.Millisecond

// ValidCode says whether code has the form of a log-in, phone or OAuth code: 1 to 256 of A-Z a-z 0-9 _ -.
func ValidCode(code string) bool {
	return regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`).MatchString(code)
}

// Code2Session exchanges the code of wx.login, which works once and for five minutes. Errors: LoginCodeInvalid (the
// client must call wx.login again), LoginBlocked, TooManyRequests, WeChatRefused, WeChatUnavailable. After the latter
// the code may be used up.
//
// https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
func (c *Client) Code2Session(ctx context.Context, code string) (Session, error) {
	if !ValidCode(code) {
		return Session{}, fault.Newf(fault.LoginCodeInvalid, "log-in code has %d bytes or a character outside its form", len(code))
	}
	address := *c.authorize
	query := address.Query()
	query.Set("appid", c.appID)
	query.Set("secret", c.secret.Reveal())
	query.Set("js_code", code)
	query.Set("grant_type", c.grantType)
	address.RawQuery = query.Encode()

	var answer struct {
		OpenID     string     `json:"openid"`
		UnionID    string     `json:"unionid"`
		SessionKey SessionKey `json:"session_key"`
	}
	err := c.repeatIfBusy(ctx, func() error {
		body, err := outbound.Get(ctx, c.http, address.String())
		if err != nil {
			return err
		}
		return errcode.Decode(body, &answer, c.secret.Reveal(), code)
	})
	if err == nil && (answer.OpenID == "" || answer.SessionKey == "") {
		err = errors.New("code2Session: answer lacks openid or session_key")
	}
	if err != nil {
		return Session{}, errcode.Fault(err, fault.LoginCodeInvalid)
	}
	return Session{OpenID: answer.OpenID, UnionID: answer.UnionID, SessionKey: answer.SessionKey}, nil
}

// repeatIfBusy repeats a call once when WeChat answered -1, which means that nothing was done.
func (c *Client) repeatIfBusy(ctx context.Context, call func() error) error {
	err := call()
	if api, ok := errors.AsType[*errcode.APIError](err); !ok || api.Code != errcode.Busy {
		return err
	}
	if c.sleep(ctx, outbound.Jitter(busyPause, 0.3)) != nil {
		return err
	}
	return call()
}

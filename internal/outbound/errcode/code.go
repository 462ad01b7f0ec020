package errcode

import (
	"errors"

	"wgink.ink/wechat/internal/fault"
)

// The codes this module acts on (全局返回码).
const (
	Busy             = -1    // system busy: repeat
	TokenInvalid     = 40001 // access_token wrong or not the latest; at the token endpoint: wrong secret
	AppIDInvalid     = 40013
	TokenMalformed   = 40014
	CodeInvalid      = 40029 // js_code, phone code or OAuth code: unknown, expired, used, or another app's
	SecretInvalid    = 40125
	CodeUsed         = 40163
	IPNotAllowed     = 40164
	UserBlocked      = 40226 // high-risk user
	SecretFrozen     = 40243
	TokenExpired     = 42001
	DailyQuota       = 45009
	RateLimited      = 45011
	MinuteQuota      = 45047
	TokenRateLimited = 50004
)

// Fault maps a failed call to the module's codes, with err as the cause. A code that WeChat calls invalid or used
// becomes invalidCode, because its cure depends on what the code was for. Token trouble keeps ErrTokenInvalid in its
// chain. Anything that is not an *APIError left the outcome unknown.
func Fault(err error, invalidCode fault.Code) error {
	if err == nil {
		return nil
	}
	api, ok := errors.AsType[*APIError](err)
	if !ok {
		if known, ok := errors.AsType[*fault.Error](err); ok {
			return known
		}
		return fault.New(fault.WeChatUnavailable, err)
	}
	switch api.Code {
	case CodeInvalid, CodeUsed:
		return fault.New(invalidCode, err)
	case RateLimited, DailyQuota, MinuteQuota:
		return fault.New(fault.TooManyRequests, err)
	case UserBlocked:
		return fault.New(fault.LoginBlocked, err)
	case Busy:
		return fault.New(fault.WeChatUnavailable, err)
	default:
		return fault.New(fault.WeChatRefused, err)
	}
}

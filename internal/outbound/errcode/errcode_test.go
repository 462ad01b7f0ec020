package errcode

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/fault"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	var v struct {
		OpenID string `json:"openid"`
	}
	require.NoError(t, Decode([]byte(`{"openid":"o1","extra":1}`), &v))
	require.Equal(t, "o1", v.OpenID)
	require.NoError(t, Decode([]byte(`{"errcode":0,"errmsg":"ok"}`), nil))

	err := Decode([]byte(`{"errcode":40029,"errmsg":"invalid code, rid: 61725984-6126f6f9-040f19c4"}`), &v)
	require.Equal(t, &APIError{Code: 40029, Message: "invalid code", RID: "61725984-6126f6f9-040f19c4"}, err)
	require.Equal(t, "errcode 40029: invalid code (rid 61725984-6126f6f9-040f19c4)", err.Error())
	require.Equal(t, "errcode -1: system error", Decode([]byte(`{"errcode":-1,"errmsg":"system error"}`), nil).Error())

	for _, body := range []string{``, `null`, `[]`, `<html>`, `{"errcode":"40029"}`, `{"errcode":1,"ErrCode":0}`, `{"ErrCode":40029}`, `{`, `{}{}`} {
		require.ErrorIs(t, Decode([]byte(body), &v), ErrNotJSON, body)
	}
	require.ErrorIs(t, Decode([]byte(`{"openid":5}`), &v), ErrNotJSON)
}

func TestTextIsCleanedAndCut(t *testing.T) {
	t.Parallel()
	body := fmt.Sprintf(`{"errcode":1,"errmsg":"bad s3cret\r\nx %s"}`, strings.Repeat("长", 300))
	err := Decode([]byte(body), nil, "s3cret", "")
	require.NotContains(t, err.Error(), "s3cret")
	require.NotContains(t, err.Error(), "\n")
	require.Contains(t, err.Error(), "bad ***  x")
	require.Less(t, len([]rune(err.Error())), 200)
}

func TestFault(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]fault.Code{
		CodeInvalid: fault.PhoneCodeInvalid, CodeUsed: fault.PhoneCodeInvalid, RateLimited: fault.TooManyRequests,
		DailyQuota: fault.TooManyRequests, MinuteQuota: fault.TooManyRequests, UserBlocked: fault.LoginBlocked,
		Busy: fault.WeChatUnavailable, AppIDInvalid: fault.WeChatRefused, SecretInvalid: fault.WeChatRefused,
		IPNotAllowed: fault.WeChatRefused, TokenInvalid: fault.WeChatRefused, 99999: fault.WeChatRefused,
	} {
		require.Equal(t, want, fault.CodeOf(Fault(&APIError{Code: code}, fault.PhoneCodeInvalid)), code)
	}
	require.NoError(t, Fault(nil, fault.Internal))
	require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(Fault(errors.New("lost"), fault.Internal)))
	require.Equal(t, fault.PhoneTaken, fault.CodeOf(Fault(fault.New(fault.PhoneTaken, nil), fault.Internal)))
}

func TestTokenInvalid(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]bool{TokenInvalid: true, TokenMalformed: true, TokenExpired: true, Busy: false, CodeInvalid: false} {
		err := Fault(&APIError{Code: code}, fault.Internal)
		require.Equal(t, want, errors.Is(err, ErrTokenInvalid), code)
	}
}

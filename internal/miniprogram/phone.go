package miniprogram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/outbound"
	"wgink.ink/wechat/internal/outbound/errcode"
)

const mainland = "86"

// Phone is a user's phone number as WeChat vouches for it.
type Phone struct {
	Number      string    // phoneNumber, with the country prefix unless it is a mainland number
	PureNumber  string    // purePhoneNumber, without the prefix
	CountryCode string    // countryCode, for example 86
	GivenAt     time.Time // when the user gave it, by the watermark
}

// Account is the number as an account bears it, the only one in the world: a mainland number as it is, any other as
// +85261234567. WeChat's phoneNumber alone is not: 13102138000 is one in China, and with its prefix one in America.
func (p Phone) Account() string {
	switch {
	case p.CountryCode == mainland, p.CountryCode == "" && p.Number == p.PureNumber:
		return p.PureNumber
	case p.CountryCode == "":
		return "+" + strings.TrimPrefix(p.Number, "+")
	default:
		return "+" + p.CountryCode + p.PureNumber
	}
}

// LogValue shows the number as 138****8000.
func (p Phone) LogValue() slog.Value { return slog.StringValue(p.String()) }

// String shows the number as 138****8000.
func (p Phone) String() string {
	if len(p.PureNumber) < 8 {
		return redacted
	}
	return p.PureNumber[:3] + "****" + p.PureNumber[len(p.PureNumber)-4:]
}

// GoString shows the number as 138****8000.
func (p Phone) GoString() string { return p.String() }

// phoneInfo is phone_info of the answer, and the plaintext of the encrypted form.
type phoneInfo struct {
	PhoneNumber     string          `json:"phoneNumber"`
	PurePhoneNumber string          `json:"purePhoneNumber"`
	CountryCode     json.RawMessage `json:"countryCode"` // a number in the documents, a string in practice
	Watermark       watermark       `json:"watermark"`
}

func (i phoneInfo) phone() (Phone, error) {
	p := Phone{
		Number: i.PhoneNumber, PureNumber: i.PurePhoneNumber,
		CountryCode: strings.Trim(string(bytes.TrimSpace(i.CountryCode)), `"+`), GivenAt: time.Unix(i.Watermark.Timestamp, 0),
	}
	if p.CountryCode == "null" {
		p.CountryCode = ""
	}
	if p.PureNumber == "" || p.Number == "" {
		return Phone{}, errors.New("phone number is missing")
	}
	return p, nil
}

// PhoneNumber exchanges the code of a getPhoneNumber button (手机号快速验证), which is not a log-in code, works once and
// for five minutes. openid is always sent: without it WeChat accepts the code of any user of the app. Errors:
// PhoneCodeInvalid, TooManyRequests, WeChatRefused, WeChatUnavailable; errcode.ErrTokenInvalid is in the chain when
// accessToken was refused.
//
// https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html
func (c *Client) PhoneNumber(ctx context.Context, accessToken, code, openid string) (Phone, error) {
	if !ValidCode(code) {
		return Phone{}, fault.Newf(fault.PhoneCodeInvalid, "phone code has %d bytes or a character outside its form", len(code))
	}
	if openid == "" {
		return Phone{}, fault.Newf(fault.Internal, "getuserphonenumber needs the user's openid")
	}
	address := "https://" + outbound.APIHost + "/wxa/business/getuserphonenumber?access_token=" + url.QueryEscape(accessToken)
	request := struct {
		Code   string `json:"code"`
		OpenID string `json:"openid"`
	}{code, openid}
	var answer struct {
		PhoneInfo phoneInfo `json:"phone_info"`
	}
	err := c.repeatIfBusy(ctx, func() error {
		body, err := outbound.PostJSON(ctx, c.http, address, request)
		if err != nil {
			return err
		}
		return errcode.Decode(body, &answer, c.secret.Reveal(), accessToken, code, openid)
	})
	if err == nil && answer.PhoneInfo.Watermark.AppID != c.appID {
		err = errors.New("getuserphonenumber: watermark names another appid")
	}
	if err != nil {
		return Phone{}, errcode.Fault(err, fault.PhoneCodeInvalid)
	}
	phone, err := answer.PhoneInfo.phone()
	return phone, errcode.Fault(err, fault.PhoneCodeInvalid)
}

// ParsePhone reads the number from the plaintext of EncryptedData, the old way of getPhoneNumber.
func ParsePhone(plaintext []byte) (Phone, error) {
	var info phoneInfo
	if err := json.Unmarshal(plaintext, &info); err != nil {
		return Phone{}, errUndecryptable()
	}
	phone, err := info.phone()
	if err != nil {
		return Phone{}, errUndecryptable()
	}
	return phone, nil
}

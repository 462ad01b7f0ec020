package wechattest

import "time"

// phoneCode is a code from the getPhoneNumber button; it is not a js_code.
type phoneCode struct {
	User     string    `json:"user"` // name
	IssuedAt time.Time `json:"issued_at"`
	Used     bool      `json:"used"`
}

type watermark struct {
	Timestamp int64  `json:"timestamp"` // Unix seconds
	AppID     string `json:"appid"`
}

// phoneInfo is a phone number as WeChat vouches for it. CountryCode is a text, as in decrypted payloads; the
// document's sample shows a number.
type phoneInfo struct {
	PhoneNumber     string    `json:"phoneNumber"` // with the country code unless it is 86
	PurePhoneNumber string    `json:"purePhoneNumber"`
	CountryCode     string    `json:"countryCode"`
	Watermark       watermark `json:"watermark"`
}

type phoneAnswer struct {
	errcode
	PhoneInfo phoneInfo `json:"phone_info"`
}

// phoneNumberOfApp is userPhoneNumber for the mini-program's access_tokens. Its document says 40013 where others say
// 48001: the token and the code are not of the same app.
func (s *Simulator) phoneNumberOfApp() func(openCall) any {
	return instead(48001, refusal{40013, "invalid appid"}, s.posted(s.settings.app, s.userPhoneNumber))
}

// userPhoneNumber is POST /wxa/business/getuserphonenumber (手机号快速验证).
// Source: developers.weixin.qq.com, getPhoneNumber. A token that is refused does not use the code up; neither does an
// openid that is not the code's user: the document is silent on both.
func (s *Simulator) userPhoneNumber(call openCall) any {
	var request struct {
		Code   string `json:"code"`
		OpenID string `json:"openid"`
	}
	if refused, ok := call.decode(&request); !ok {
		return refused
	}
	if request.Code == "" {
		return refusal{41008, "missing code"}
	}
	var answer any
	s.update(func(st *state) {
		code := st.PhoneCodes[request.Code]
		if code == nil || code.Used || call.now.Sub(code.IssuedAt) > codeLife {
			answer = refusal{40029, "invalid code"}
			return
		}
		person := st.Users[code.User]
		if request.OpenID != "" && request.OpenID != person.OpenIDs[s.settings.app.AppID] {
			answer = refusal{40029, "invalid code"}
			return
		}
		code.Used = true
		answer = phoneAnswer{errcode{0, "ok"}, person.phoneInfo(s.settings.app.AppID, s.clientNow())}
	})
	return answer
}

func (u *user) phoneInfo(appID string, now time.Time) phoneInfo {
	full := u.PureNumber
	if u.CountryCode != "86" {
		full = u.CountryCode + u.PureNumber
	}
	return phoneInfo{full, u.PureNumber, u.CountryCode, watermark{now.Unix(), appID}}
}

package wechattest

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

// user is a person with a WeChat account.
type user struct {
	OpenIDs     map[string]string `json:"openids"` // appid → openid
	UnionID     string            `json:"unionid"` // the same in every app of one Open Platform account
	CountryCode string            `json:"country_code"`
	PureNumber  string            `json:"pure_number"`
	Profile     Profile           `json:"profile"`
	HighRisk    bool              `json:"high_risk"`
	LastCode    string            `json:"last_code"`        // of wx.login
	SessionKey  string            `json:"session_key"`      // of the last wx.login
	Exchanges   []time.Time       `json:"exchanges"`        // of js_codes in the last minute
	SeenAt      time.Time         `json:"seen_at,omitzero"` // last log-in that reached the app's server

	Subscribed map[string]int `json:"subscribed"` // template id → sends that the user still allows
	Follows    bool           `json:"follows"`    // the official account
	Snapshot   bool           `json:"snapshot"`   // browses as a snapshot user (快照页)
}

// newUser makes a person whose identifiers depend on the name alone, so that two runs of a program agree.
func newUser(set *settings, name string) *user {
	number := sha256.Sum256([]byte("number " + name))
	openIDs := map[string]string{}
	for _, appID := range set.appIDs() {
		openIDs[appID] = identifier("o", appID+" "+name)
	}
	return &user{
		OpenIDs:     openIDs,
		UnionID:     identifier("oU", "open platform "+name),
		CountryCode: "86",
		PureNumber:  fmt.Sprintf("138%08d", (uint64(number[0])<<24|uint64(number[1])<<16|uint64(number[2])<<8|uint64(number[3]))%1e8),
		Profile:     anonymousProfile(),
	}
}

// anonymousProfile is what newly released mini-programs get: WeChat no longer hands out names and faces (since 2022-11).
func anonymousProfile() Profile {
	return Profile{NickName: "微信用户", AvatarURL: "https://thirdwx.qlogo.cn/mmopen/vi_32/anonymous/132"}
}

// identifier is 28 characters, the form of an openid and a unionid.
func identifier(prefix, of string) string {
	sum := sha256.Sum256([]byte(of))
	return (prefix + base64.RawURLEncoding.EncodeToString(sum[:]))[:28]
}

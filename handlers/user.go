package handlers

import (
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/identity"
)

// LogIn takes the code of wx.login (小程序登录) and answers "<token>_<1|0>", 1 for an account in its initial state.
func (h *Handlers) LogIn(c *fiber.Ctx) error {
	var in struct {
		Code string `json:"code"`
	}
	if err := decode(c, &in); err != nil {
		return err
	}
	login, err := h.Identity.LogIn(c.UserContext(), in.Code)
	if err != nil {
		return err
	}
	return data(c, login.Data())
}

// ignored are fields that WeChat's own callbacks carry beside what we read, so that a client may post a callback's result as
// it is. They are known, so they are no mistake; they prove nothing, so they are not used.
type ignored struct {
	ErrMsg   json.RawMessage `json:"errMsg"`
	CloudID  json.RawMessage `json:"cloudID"`
	UserInfo json.RawMessage `json:"userInfo"`
}

// UpdateInfo changes nickname and avatar (头像昵称) of the mini-program user, not of the system account.
func (h *Handlers) UpdateInfo(c *fiber.Ctx) error {
	var in struct {
		identity.Profile
		EncryptedData string `json:"encryptedData"`
		IV            string `json:"iv"`
		RawData       string `json:"rawData"`
		Signature     string `json:"signature"`
		ignored
	}
	if err := decode(c, &in); err != nil {
		return err
	}
	user, ok := User(c)
	if !ok {
		return fault.Newf(fault.NotLoggedIn, "no user")
	}
	var err error
	switch {
	case in.EncryptedData != "" && in.IV != "":
		user, err = h.Identity.UpdateEncryptedProfile(c.UserContext(), user, in.EncryptedData, in.IV)
	case in.RawData != "" && in.Signature != "":
		user, err = h.Identity.UpdateRawProfile(c.UserContext(), user, in.RawData, in.Signature)
	case in.Profile != (identity.Profile{}):
		user, err = h.Identity.UpdateProfile(c.UserContext(), user, in.Profile)
	default:
		err = fault.Newf(fault.BadRequest, "no profile field, no encryptedData with iv, no rawData with signature")
	}
	if err != nil {
		return err
	}
	return data(c, fiber.Map{"nickName": user.Nickname, "avatarUrl": user.AvatarURL})
}

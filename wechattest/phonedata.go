package wechattest

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the signature WeChat documents
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
)

// EncryptedData is what the older client calls hand to a page (开放数据): base64 texts.
type EncryptedData struct {
	EncryptedData string `json:"encryptedData"`
	IV            string `json:"iv"`
}

// SignedProfile is the unencrypted half of wx.getUserInfo: signature is hex(SHA-1(rawData ‖ session_key)).
type SignedProfile struct {
	RawData   string `json:"rawData"`
	Signature string `json:"signature"`
}

// rawProfile is rawData. Gender, language and place have been empty since 2021-10-20.
type rawProfile struct {
	NickName  string `json:"nickName"`
	Gender    int    `json:"gender"`
	Language  string `json:"language"`
	City      string `json:"city"`
	Province  string `json:"province"`
	Country   string `json:"country"`
	AvatarURL string `json:"avatarUrl"`
}

var errNoSession = errors.New("wechattest: this phone has no session yet: call Login first")

// EncryptedPhone is the older form of the getPhoneNumber button, under the session_key of the last log-in.
func (p *Phone) EncryptedPhone(ctx context.Context) (EncryptedData, error) {
	u := p.user()
	return p.encrypt(ctx, u.SessionKey, u.phoneInfo(p.sim.settings.app.AppID, p.sim.clientNow()))
}

// EncryptedUserInfo is the encrypted half of wx.getUserInfo, under the session_key of the last log-in.
func (p *Phone) EncryptedUserInfo(ctx context.Context) (EncryptedData, error) {
	u := p.user()
	p.sim.view(func(st *state) {
		if st.Unbound {
			u.UnionID = ""
		}
	})
	return p.encrypt(ctx, u.SessionKey, struct {
		OpenID string `json:"openId"`
		rawProfile
		UnionID   string    `json:"unionId,omitempty"`
		Watermark watermark `json:"watermark"`
	}{
		u.OpenIDs[p.sim.settings.app.AppID], u.rawProfile(), u.UnionID,
		watermark{p.sim.clientNow().Unix(), p.sim.settings.app.AppID},
	})
}

// RawUserInfo is the readable half of wx.getUserInfo, signed with the session_key of the last log-in.
func (p *Phone) RawUserInfo(ctx context.Context) (SignedProfile, error) {
	if err := ctx.Err(); err != nil {
		return SignedProfile{}, err
	}
	u := p.user()
	if u.SessionKey == "" {
		return SignedProfile{}, errNoSession
	}
	raw := string(compactJSON(u.rawProfile()))
	return SignedProfile{raw, profileSignature(raw, u.SessionKey)}, nil
}

func (u *user) rawProfile() rawProfile {
	return rawProfile{NickName: u.Profile.NickName, AvatarURL: u.Profile.AvatarURL}
}

func (p *Phone) encrypt(ctx context.Context, sessionKey string, payload any) (EncryptedData, error) {
	if err := ctx.Err(); err != nil {
		return EncryptedData{}, err
	}
	if sessionKey == "" {
		return EncryptedData{}, errNoSession
	}
	return encryptOpenData(sessionKey, randomBytes(aes.BlockSize), compactJSON(payload))
}

// encryptOpenData is AES-128-CBC with PKCS#7 padding under the decoded session_key.
// Source: developers.weixin.qq.com, 开放数据校验与解密.
func encryptOpenData(sessionKey string, iv, plaintext []byte) (EncryptedData, error) {
	key, err := base64.StdEncoding.DecodeString(sessionKey)
	if err != nil {
		return EncryptedData{}, fmt.Errorf("encrypt open data: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return EncryptedData{}, fmt.Errorf("encrypt open data: %w", err)
	}
	pad := aes.BlockSize - len(plaintext)%aes.BlockSize
	padded := append(bytes.Clone(plaintext), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
	return EncryptedData{
		base64.StdEncoding.EncodeToString(padded),
		base64.StdEncoding.EncodeToString(iv),
	}, nil
}

// profileSignature joins rawData and the session_key's base64 text without a separator.
func profileSignature(rawData, sessionKey string) string {
	sum := sha1.Sum([]byte(rawData + sessionKey)) //nolint:gosec // the signature WeChat documents
	return hex.EncodeToString(sum[:])
}

package control

import (
	"net/http"
	"path/filepath"

	"wgink.ink/wechat/wechattest"
)

// Configuration is what a shop must be told to use this local WeChat. Its secrets are the local WeChat's own.
type Configuration struct {
	BaseURL           string  `json:"base_url"` // instead of https://api.weixin.qq.com and https://api.mch.weixin.qq.com
	AppID             string  `json:"appid"`
	AppSecret         string  `json:"app_secret"`
	OfficialAppID     string  `json:"official_appid"`
	OfficialAppSecret string  `json:"official_app_secret"`
	MobileAppID       string  `json:"mobile_appid"`
	MchID             string  `json:"mchid"`
	MerchantSerialNo  string  `json:"merchant_serial_no"`
	APIv3Key          string  `json:"api_v3_key"`
	PublicKeyID       string  `json:"public_key_id"`
	CertFile          string  `json:"cert_file"`
	KeyFile           string  `json:"key_file"` // the private key is there and nowhere else
	PublicKeyFile     string  `json:"public_key_file"`
	NotifyURL         string  `json:"notify_url,omitempty"` // of orders made by triggers
	Speed             float64 `json:"speed"`
	YAML              string  `json:"yaml"` // for the WeChat module for Fiber
}

func (s *Server) configuration() any {
	merchant, app, account := s.wechat.Merchant(), s.wechat.App(), s.wechat.OfficialAccount()
	file := func(name string) string { return filepath.Join(s.config.KeyFolder, name) }
	return Configuration{
		BaseURL: s.config.BaseURL,
		AppID:   app.AppID, AppSecret: app.AppSecret,
		OfficialAppID: account.AppID, OfficialAppSecret: account.AppSecret, MobileAppID: s.wechat.MobileAppID(),
		MchID: merchant.MchID, MerchantSerialNo: merchant.SerialNo, APIv3Key: merchant.APIv3Key,
		PublicKeyID: s.wechat.PublicKeyID(), CertFile: file(wechattest.MerchantCertFile),
		KeyFile: file(wechattest.MerchantKeyFile), PublicKeyFile: file(wechattest.PublicKeyFile),
		NotifyURL: s.config.NotifyURL, Speed: s.config.Speed, YAML: s.config.YAML,
	}
}

// Keys are the public halves.
type Keys struct {
	MerchantSerialNo string   `json:"merchant_serial_no"`
	MerchantCert     string   `json:"merchant_cert"`
	PublicKeyID      string   `json:"public_key_id"`
	PublicKey        string   `json:"public_key"`
	PlatformSerials  []string `json:"platform_serials"` // published; the last one signs. GET /v3/certificates has them whole
}

func (s *Server) keys() any {
	merchant := s.wechat.Merchant()
	return Keys{
		merchant.SerialNo, string(merchant.CertPEM), s.wechat.PublicKeyID(), string(s.wechat.PublicKeyPEM()), s.wechat.PlatformSerials(),
	}
}

// rotateCertificate publishes the next platform certificate and signs with it from now on.
func (s *Server) rotateCertificate(*http.Request) (any, error) {
	s.wechat.RotateCertificate()
	return s.keys(), nil
}

// signWith chooses the key that notices are signed with: a serial of platform_serials, or public_key_id.
func (s *Server) signWith(r *http.Request) (any, error) {
	var request struct {
		KeyID string `json:"key_id"`
	}
	if err := decode(r, &request); err != nil {
		return nil, err
	}
	if err := s.wechat.SignWith(request.KeyID); err != nil {
		return nil, invalid("no key %q; known: %v and %s", request.KeyID, s.wechat.PlatformSerials(), s.wechat.PublicKeyID())
	}
	return map[string]string{"key_id": request.KeyID}, nil
}

// mixKeys lets both keys sign, as while a merchant is moved to the public key (灰度切换): a share of 0 to 1 by the public
// key, or without one the seven days from now.
func (s *Server) mixKeys(r *http.Request) (any, error) {
	var request struct {
		Share *float64 `json:"share"`
		Seed  uint64   `json:"seed"`
	}
	if err := decode(r, &request); err != nil {
		return nil, err
	}
	switch share := request.Share; {
	case share == nil:
		s.wechat.StartKeyChange(request.Seed)
	case *share < 0 || *share > 1:
		return nil, invalid("share: between 0 and 1, not %v", *share)
	default:
		s.wechat.MixKeys(*share, request.Seed)
	}
	return map[string]any{"share": request.Share, "seven_days": request.Share == nil}, nil
}

// revokeTokens ends every access_token at once, as another program's forced refresh does.
func (s *Server) revokeTokens(*http.Request) (any, error) {
	s.wechat.RevokeAccessTokens()
	return map[string]bool{"revoked": true}, nil
}

package wechattest

import (
	"fmt"
	"os"
	"path/filepath"
)

// App is the account of a mini-program (小程序) or an official account (公众号).
type App struct {
	AppID     string
	AppSecret string
}

// Merchant is what a merchant (商户) holds to speak to WeChat Pay.
type Merchant struct {
	MchID    string // 商户号
	SerialNo string // serial number of CertPEM, 40 upper-case hex digits
	CertPEM  []byte // merchant API certificate (商户API证书)
	KeyPEM   []byte // its private key, PKCS#8
	APIv3Key string // 32 bytes, decrypts notices and platform certificates
}

// The names under which the merchant portal packs these files; see [Simulator.WriteMerchantFiles].
const (
	MerchantCertFile = "apiclient_cert.pem"
	MerchantKeyFile  = "apiclient_key.pem"
	PublicKeyFile    = "pub_key.pem"
)

// App is the mini-program this WeChat knows.
func (s *Simulator) App() App { return s.settings.app }

// OfficialAccount is the official account (公众号) this WeChat knows. It belongs to the same Open Platform account as the
// mini-program: a person's unionid is the same, the openid is another.
func (s *Simulator) OfficialAccount() App { return s.settings.account }

// MobileAppID is the appid of the merchant's mobile app (移动应用).
func (s *Simulator) MobileAppID() string { return s.settings.mobileAppID }

// Merchant is the merchant this WeChat knows, with the keys of its own that a real merchant would hold.
func (s *Simulator) Merchant() Merchant {
	return Merchant{
		MchID:    s.settings.mchID,
		SerialNo: s.keys.merchant.id,
		CertPEM:  s.keys.merchant.publicPEM,
		KeyPEM:   s.keys.merchant.privatePEM,
		APIv3Key: s.settings.apiV3Key,
	}
}

// PublicKeyID is the id of the WeChat Pay public key (微信支付公钥ID).
func (s *Simulator) PublicKeyID() string { return s.keys.wechatPay.id }

// PublicKeyPEM is the WeChat Pay public key (微信支付公钥).
func (s *Simulator) PublicKeyPEM() []byte { return s.keys.wechatPay.publicPEM }

// WriteMerchantFiles writes the merchant's certificate and key and the WeChat Pay public key to dir, under the names
// that the merchant portal gives them.
func (s *Simulator) WriteMerchantFiles(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write merchant files: %w", err)
	}
	files := map[string][]byte{
		MerchantCertFile: s.keys.merchant.publicPEM,
		MerchantKeyFile:  s.keys.merchant.privatePEM,
		PublicKeyFile:    s.keys.wechatPay.publicPEM,
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return fmt.Errorf("write merchant files: %w", err)
		}
	}
	return nil
}

package wechattest

import (
	"crypto/rsa"
	"crypto/x509"
	"embed"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

//go:embed keys/*.pem
var keyFiles embed.FS

// KeyMode says which of its keys WeChat Pay signs answers and notices with.
type KeyMode int

const (
	// BothKeys is a merchant on the move: the answer's key follows the request's Wechatpay-Serial header; without the
	// header, and for notices, it is the one of [Simulator.SignWith], at first the platform certificate.
	BothKeys KeyMode = iota
	// PlatformCertificate (平台证书) is the mode of older merchants.
	PlatformCertificate
	// PublicKey (微信支付公钥) is the mode of new merchants: GET /v3/certificates is refused.
	PublicKey
)

// keyPair is one key of WeChat's or the merchant's.
type keyPair struct {
	id         string // certificate serial number or public key id
	private    *rsa.PrivateKey
	privatePEM []byte
	publicPEM  []byte // certificate or public key
	notBefore  time.Time
	notAfter   time.Time
}

// keyRing is every key of a simulator.
type keyRing struct {
	merchant  keyPair
	platform  [2]keyPair // the present platform certificate and the one that replaces it
	wechatPay keyPair
}

func loadKeys() (keyRing, error) {
	var ring keyRing
	var errs [4]error
	ring.merchant, errs[0] = loadCertificate("merchant")
	ring.platform[0], errs[1] = loadCertificate("platform1")
	ring.platform[1], errs[2] = loadCertificate("platform2")
	ring.wechatPay, errs[3] = loadPublicKey("wechatpay")
	if err := errors.Join(errs[:]...); err != nil {
		return keyRing{}, fmt.Errorf("load the embedded keys: %w", err)
	}
	return ring, nil
}

func loadCertificate(name string) (keyPair, error) {
	pair, err := loadPair(name, "_cert.pem")
	if err != nil {
		return keyPair{}, err
	}
	block, _ := pem.Decode(pair.publicPEM)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return keyPair{}, err
	}
	pair.id = fmt.Sprintf("%X", certificate.SerialNumber.Bytes())
	pair.notBefore, pair.notAfter = certificate.NotBefore, certificate.NotAfter
	return pair, nil
}

func loadPublicKey(name string) (keyPair, error) {
	pair, err := loadPair(name, "_public.pem")
	pair.id = PublicKeyIDPrefix + "000000000000000000000000000001" // 34 digits after PUB_KEY_ID_, as in samples
	return pair, err
}

func loadPair(name, publicSuffix string) (keyPair, error) {
	private, err := keyFiles.ReadFile("keys/" + name + "_key.pem")
	if err != nil {
		return keyPair{}, err
	}
	public, err := keyFiles.ReadFile("keys/" + name + publicSuffix)
	if err != nil {
		return keyPair{}, err
	}
	key, err := parsePrivateKey(private)
	return keyPair{private: key, privatePEM: private, publicPEM: public}, err
}

func parsePrivateKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%T is no RSA key", parsed)
	}
	return key, nil
}

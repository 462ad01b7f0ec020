package wxpay

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Merchant is the credential requests are signed with: merchant number (商户号), API certificate and private key
// (商户API证书、商户API私钥). It never prints its key.
type Merchant struct {
	mchID       string
	serial      string
	key         *rsa.PrivateKey
	certificate *x509.Certificate
}

// LoadMerchant reads the certificate and key from their PEM files and checks that they belong together.
func LoadMerchant(mchID, certificateFile, keyFile string) (*Merchant, error) {
	certPEM, err := os.ReadFile(certificateFile)
	if err != nil {
		return nil, fmt.Errorf("merchant certificate: %w", err)
	}
	keyPEM, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("merchant key: %w", err)
	}
	return NewMerchant(mchID, certPEM, keyPEM)
}

// NewMerchant is LoadMerchant for PEM text in memory.
func NewMerchant(mchID string, certPEM, keyPEM []byte) (*Merchant, error) {
	if mchID == "" {
		return nil, errors.New("merchant number is missing")
	}
	certificate, err := parseCertificate(certPEM)
	if err != nil {
		return nil, fmt.Errorf("merchant certificate: %w", err)
	}
	key, err := parsePrivateKey(keyPEM)
	if err != nil {
		return nil, fmt.Errorf("merchant key: %w", err)
	}
	if !key.PublicKey.Equal(certificate.PublicKey) {
		return nil, errors.New("merchant certificate and merchant key do not belong together")
	}
	return &Merchant{mchID: mchID, serial: serialOf(certificate), key: key, certificate: certificate}, nil
}

// MchID is the merchant number.
func (m *Merchant) MchID() string { return m.mchID }

// Serial is the serial of the merchant's API certificate (证书序列号), upper-case hex.
func (m *Merchant) Serial() string { return m.serial }

// NotAfter is when the merchant's API certificate ends.
func (m *Merchant) NotAfter() time.Time { return m.certificate.NotAfter }

// Format keeps the key out of every print.
func (m *Merchant) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "wxpay.Merchant(%s, serial %s)", m.mchID, m.serial)
}

// sign gives base64 of RSASSA-PKCS1-v1_5 with SHA-256 over message.
func (m *Merchant) sign(message string) (string, error) {
	sum := sha256.Sum256([]byte(message))
	signature, err := rsa.SignPKCS1v15(nil, m.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign with the merchant key: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// keyBits is the one key size of WECHATPAY2-SHA256-RSA2048.
const keyBits = 2048

func parseCertificate(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(bytes.TrimSpace(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("no PEM certificate in it")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse certificate: %w", err)
	}
	if _, err := rsaKey(certificate.PublicKey); err != nil {
		return nil, err
	}
	return certificate, nil
}

func parsePublicKey(text []byte) (*rsa.PublicKey, error) {
	block, _ := pem.Decode(bytes.TrimSpace(text))
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, errors.New("no PEM public key in it")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse public key: %w", err)
	}
	return rsaKey(key)
}

// rsaKey lets the one kind of key through that WeChat Pay signs with; the SDK panics over others.
func rsaKey(key any) (*rsa.PublicKey, error) {
	k, ok := key.(*rsa.PublicKey)
	if !ok || k.N.BitLen() != keyBits {
		return nil, fmt.Errorf("not an RSA key of %d bits", keyBits)
	}
	return k, nil
}

// parsePrivateKey takes PKCS#8, which the merchant platform gives out, and PKCS#1. Errors never hold key material.
func parsePrivateKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(bytes.TrimSpace(text))
	if block == nil || !strings.HasSuffix(block.Type, "PRIVATE KEY") {
		return nil, errors.New("no PEM private key in it")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return nil, errors.New("neither PKCS#8 nor PKCS#1; an encrypted key is not supported")
		}
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok || key.N.BitLen() != keyBits {
		return nil, fmt.Errorf("not an RSA key of %d bits", keyBits)
	}
	return key, nil
}

// serialOf writes a certificate's serial as WeChat does: upper-case hex of its bytes.
func serialOf(c *x509.Certificate) string {
	return strings.ToUpper(hex.EncodeToString(c.SerialNumber.Bytes()))
}

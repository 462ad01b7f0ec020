package wechattest_test

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireSigned verifies an answer as a merchant does.
func requireSigned(t *testing.T, b bench, r reply, serial string) {
	t.Helper()
	require.Equal(t, serial, r.header.Get("Wechatpay-Serial"))
	require.NoError(t, verify(b.publicKey(t, serial), r.header, r.body))
}

// verify checks the signature of an answer or a notice.
func verify(key *rsa.PublicKey, header http.Header, body string) error {
	message := header.Get("Wechatpay-Timestamp") + "\n" + header.Get("Wechatpay-Nonce") + "\n" + body + "\n"
	signature, err := base64.StdEncoding.DecodeString(header.Get("Wechatpay-Signature"))
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(message))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
}

// publicKey is what a merchant holds for a serial: the public key, or a certificate of GET /v3/certificates.
func (b bench) publicKey(t *testing.T, serial string) *rsa.PublicKey {
	t.Helper()
	if serial == b.sim.PublicKeyID() {
		block, _ := pem.Decode(b.sim.PublicKeyPEM())
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		require.NoError(t, err)
		return key.(*rsa.PublicKey)
	}
	var list struct {
		Data []struct {
			Serial  string `json:"serial_no"`
			Encrypt sealed `json:"encrypt_certificate"`
		} `json:"data"`
	}
	downloaded := b.call(t, http.MethodGet, "/v3/certificates", "")
	require.NoError(t, json.Unmarshal([]byte(downloaded.body), &list))
	for _, entry := range list.Data {
		if entry.Serial == serial {
			block, _ := pem.Decode(entry.Encrypt.open(t, b.merchant.APIv3Key))
			certificate, err := x509.ParseCertificate(block.Bytes)
			require.NoError(t, err)
			return certificate.PublicKey.(*rsa.PublicKey)
		}
	}
	require.FailNow(t, "no key "+serial)
	return nil
}

// sealed is an encrypted resource as a merchant reads it.
type sealed struct {
	Algorithm      string `json:"algorithm"`
	Nonce          string `json:"nonce"`
	AssociatedData string `json:"associated_data"`
	Ciphertext     string `json:"ciphertext"`
	OriginalType   string `json:"original_type"`
}

func (s sealed) tryOpen(key string) ([]byte, error) {
	ciphertext, err := base64.StdEncoding.DecodeString(s.Ciphertext)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	if len(s.Nonce) != gcm.NonceSize() {
		return nil, errors.New("no nonce")
	}
	return gcm.Open(nil, []byte(s.Nonce), ciphertext, []byte(s.AssociatedData))
}

func (s sealed) open(t *testing.T, key string) []byte {
	t.Helper()
	plaintext, err := s.tryOpen(key)
	require.NoError(t, err)
	return plaintext
}

package wxpay

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"

	"wgink.ink/wechat/config"
)

// APIv3Keys decrypts what WeChat encrypts for the merchant (APIv3密钥): with the current key, then with the previous one
// during a change of keys. It never prints them.
type APIv3Keys struct{ aeads []cipher.AEAD }

// apiV3KeyLen is the length of an APIv3 key, in bytes. The SDK takes shorter ones, which would be AES-128.
const apiV3KeyLen = 32

// NewAPIv3Keys takes the current key and, unless empty, the previous one. Each has exactly 32 bytes.
func NewAPIv3Keys(current, previous config.Secret) (*APIv3Keys, error) {
	keys := &APIv3Keys{}
	for _, secret := range []config.Secret{current, previous} {
		if secret == "" && len(keys.aeads) == 1 {
			continue
		}
		if len(secret) != apiV3KeyLen {
			return nil, fmt.Errorf("an APIv3 key has %d bytes, want %d", len(secret), apiV3KeyLen)
		}
		aead, err := newAEAD([]byte(secret.Reveal()))
		if err != nil {
			return nil, err
		}
		keys.aeads = append(keys.aeads, aead)
	}
	return keys, nil
}

// Format keeps the keys out of every print.
func (k *APIv3Keys) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("wxpay.APIv3Keys(***)")) }

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errors.New("bad AES key length")
	}
	return cipher.NewGCM(block)
}

// resource is what WeChat encrypts: a notice's resource, a platform certificate.
type resource struct {
	Algorithm      string `json:"algorithm"`
	Ciphertext     string `json:"ciphertext"`
	AssociatedData string `json:"associated_data"`
	Nonce          string `json:"nonce"`
	OriginalType   string `json:"original_type"`
}

// algorithmAESGCM is the only algorithm WeChat Pay uses for resources.
const algorithmAESGCM = "AEAD_AES_256_GCM"

var (
	errResourceForm  = errors.New("resource does not have the documented form")
	errUndecryptable = errors.New("resource fits none of the APIv3 keys")
)

// open checks the form first, because AEAD.Open panics over a nonce of the wrong length, and then tries each key.
func (k *APIv3Keys) open(r resource) ([]byte, error) {
	if r.Algorithm != algorithmAESGCM || r.Ciphertext == "" {
		return nil, errResourceForm
	}
	ciphertext, err := base64.StdEncoding.Strict().DecodeString(r.Ciphertext)
	if err != nil {
		return nil, errResourceForm
	}
	for _, aead := range k.aeads {
		if len(r.Nonce) != aead.NonceSize() || len(ciphertext) < aead.Overhead() {
			return nil, errResourceForm
		}
		if plain, err := aead.Open(nil, []byte(r.Nonce), ciphertext, []byte(r.AssociatedData)); err == nil {
			return plain, nil
		}
	}
	return nil, errUndecryptable
}

package wechattest

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
)

// resource is an encrypted part of an answer or notice: AES-GCM under the APIv3 key, the tag behind the ciphertext.
// Source: pay.weixin.qq.com, 如何解密证书和回调报文.
type resource struct {
	OriginalType   string `json:"original_type,omitempty"`
	Algorithm      string `json:"algorithm"`
	Ciphertext     string `json:"ciphertext"`
	AssociatedData string `json:"associated_data"`
	Nonce          string `json:"nonce"`
}

const resourceAlgorithm = "AEAD_AES_256_GCM"

// seal encrypts plaintext. The nonce must be 12 bytes, the key 32.
func seal(apiV3Key, nonce, associatedData string, plaintext []byte) (resource, error) {
	block, err := aes.NewCipher([]byte(apiV3Key))
	if err != nil {
		return resource{}, fmt.Errorf("seal resource: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return resource{}, fmt.Errorf("seal resource: %w", err)
	}
	if len(nonce) != gcm.NonceSize() {
		return resource{}, fmt.Errorf("seal resource: the nonce has %d bytes, not %d", len(nonce), gcm.NonceSize())
	}
	sealed := gcm.Seal(nil, []byte(nonce), plaintext, []byte(associatedData))
	return resource{
		Algorithm:      resourceAlgorithm,
		Ciphertext:     base64.StdEncoding.EncodeToString(sealed),
		AssociatedData: associatedData,
		Nonce:          nonce,
	}, nil
}

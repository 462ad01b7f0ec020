// Package seal encrypts small values at rest: tokens and session keys. AES-256-GCM, the key derived by HKDF-SHA256 from
// a secret of the configuration.
//
// A sealed value is: key id (1 byte) ‖ nonce (12 bytes) ‖ ciphertext with tag. The key id says which secret opens it,
// so that a secret can be changed while old values are still around.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// MinSecret is the shortest secret accepted, in bytes.
const MinSecret = 16

// hkdfInfo separates these keys from any other use of the same secret.
const hkdfInfo = "wgink.ink/wechat/internal/seal v1"

// ErrOpen is the one answer for every value that cannot be opened: too short, unknown key, changed, or other aad.
var ErrOpen = errors.New("seal: value cannot be opened")

// Key is one secret and its number.
type Key struct {
	ID     byte   // stored in front of every value; never give a used number to another secret
	Secret []byte // at least MinSecret bytes
}

// Box seals with one key and opens with several. It never prints its keys.
type Box struct {
	current byte
	aeads   map[byte]cipher.AEAD
}

// New makes a Box that seals with current and also opens what previous keys sealed.
func New(current Key, previous ...Key) (*Box, error) {
	b := &Box{current: current.ID, aeads: make(map[byte]cipher.AEAD, 1+len(previous))}
	for _, k := range append([]Key{current}, previous...) {
		if _, ok := b.aeads[k.ID]; ok {
			return nil, fmt.Errorf("seal: key id %d is given twice", k.ID)
		}
		aead, err := newAEAD(k.Secret)
		if err != nil {
			return nil, fmt.Errorf("seal: key id %d: %w", k.ID, err)
		}
		b.aeads[k.ID] = aead
	}
	return b, nil
}

func newAEAD(secret []byte) (cipher.AEAD, error) {
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("secret has %d bytes, want at least %d", len(secret), MinSecret)
	}
	key, err := hkdf.Key(sha256.New, secret, nil, hkdfInfo, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal encrypts plain. The same aad must be given to Open.
func (b *Box) Seal(plain []byte, aad string) ([]byte, error) {
	aead := b.aeads[b.current]                                                   // puts a random nonce of its own in front
	return aead.Seal([]byte{b.current}, nil, plain, bindID(b.current, aad)), nil //nolint:gosec // as said
}

// Open decrypts what Seal made with the same aad, or fails with ErrOpen.
func (b *Box) Open(sealed []byte, aad string) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, ErrOpen
	}
	aead, ok := b.aeads[sealed[0]]
	if !ok {
		return nil, ErrOpen
	}
	plain, err := aead.Open(nil, nil, sealed[1:], bindID(sealed[0], aad))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Format keeps the keys out of every print.
func (b *Box) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("seal.Box(***)")) }

func bindID(id byte, aad string) []byte { return append([]byte{id}, aad...) }

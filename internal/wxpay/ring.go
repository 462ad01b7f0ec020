package wxpay

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"wgink.ink/wechat/internal/outbound"
)

// publicKeyIDPrefix begins every WeChat Pay public key id (微信支付公钥ID).
const publicKeyIDPrefix = "PUB_KEY_ID_"

// RingOptions says whose keys a Ring keeps.
type RingOptions struct {
	Merchant *Merchant    // Required: signs the request for the certificates.
	APIv3    *APIv3Keys   // Required: decrypts the certificates.
	HTTP     *http.Client // From outbound.New with outbound.PayHost allowed. Required.
	// PublicKeyID and PublicKeyPEM are the WeChat Pay public key (微信支付公钥). Optional, both or none.
	PublicKeyID  string
	PublicKeyPEM []byte
	Store        KeyStore // Default: none; then each start asks WeChat.
	// Produce refuses certificates of the local WeChat, also stored ones: anybody can sign with their keys.
	Produce bool
	Log     *slog.Logger // Default: discards.
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Sleep waits between refreshes. Default: outbound.Sleep.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Ring holds the keys that WeChat signs with: the public key by its id and the platform certificates by serial, both at
// once, because WeChat mixes signers for days when a merchant moves from one to the other. It is safe for concurrent
// use.
//
// Looking a key up never calls WeChat: a stranger who makes up serials must not cause traffic.
type Ring struct {
	o           RingOptions
	publicKeyID string
	publicKey   *rsa.PublicKey

	mu           sync.RWMutex
	certificates map[string]platformKey
	fetchedAt    time.Time // when the set was last confirmed by WeChat
	lastError    error     // of the last refresh

	refreshing   sync.Mutex // one refresh at a time
	lastOnDemand time.Time  // guarded by refreshing
}

// platformKey is one platform certificate, ready for use.
type platformKey struct {
	key    *rsa.PublicKey
	stored StoredKey
}

// NewRing checks the options; it calls nobody and loads nothing.
func NewRing(o RingOptions) (*Ring, error) {
	if o.Merchant == nil || o.APIv3 == nil || o.HTTP == nil {
		return nil, errors.New("wxpay: a ring needs the merchant, the APIv3 keys and an HTTP client")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = outbound.Sleep
	}
	r := &Ring{o: o, certificates: map[string]platformKey{}}
	if (o.PublicKeyID == "") != (len(o.PublicKeyPEM) == 0) {
		return nil, errors.New("wxpay: the WeChat Pay public key needs both its id and its PEM text")
	}
	if o.PublicKeyID != "" {
		if !strings.HasPrefix(o.PublicKeyID, publicKeyIDPrefix) {
			return nil, fmt.Errorf("wxpay: the WeChat Pay public key's id must begin with %s", publicKeyIDPrefix)
		}
		key, err := parsePublicKey(o.PublicKeyPEM)
		if err != nil {
			return nil, fmt.Errorf("wxpay: WeChat Pay public key: %w", err)
		}
		r.publicKeyID, r.publicKey = o.PublicKeyID, key
	}
	return r, nil
}

// Key gives the key a serial names, if it is known and valid now.
func (r *Ring) Key(serial string) (*rsa.PublicKey, bool) {
	if r.publicKey != nil && serial == r.publicKeyID {
		return r.publicKey, true
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	k, ok := r.certificates[serial]
	if !ok || !k.validAt(r.o.Now()) {
		return nil, false
	}
	return k.key, true
}

// Ready says whether there is any valid key, so that answers and notices can be verified.
func (r *Ring) Ready() bool { return r.publicKey != nil || r.hasValidCertificate() }

func (r *Ring) hasValidCertificate() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.certificates {
		if k.validAt(r.o.Now()) {
			return true
		}
	}
	return false
}

// acceptSerial names the key we want answers signed with: the public key's id where there is one.
func (r *Ring) acceptSerial() string { return r.publicKeyID }

func (k platformKey) validAt(now time.Time) bool {
	return !now.Before(k.stored.NotBefore) && !now.After(k.stored.NotAfter)
}

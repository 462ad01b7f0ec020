package wxpay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"wgink.ink/wechat/config"
)

// Load takes the stored certificates, so that a host verifies notices before it has reached WeChat. What cannot be used
// is skipped and logged.
func (r *Ring) Load(ctx context.Context) error {
	if r.o.Store == nil {
		return nil
	}
	stored, err := r.o.Store.LoadPlatformKeys(ctx, r.o.Merchant.mchID)
	if err != nil {
		return fmt.Errorf("load platform certificates: %w", err)
	}
	set := map[string]platformKey{}
	var fetchedAt time.Time
	for _, s := range stored {
		k, err := r.newPlatformKey(s.PEM, s.Serial, s.FetchedAt)
		if err != nil {
			r.o.Log.WarnContext(ctx, "a stored platform certificate is unusable", "serial", s.Serial, "err", err)
			continue
		}
		set[s.Serial] = k
		if s.FetchedAt.After(fetchedAt) {
			fetchedAt = s.FetchedAt
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if fetchedAt.After(r.fetchedAt) {
		r.certificates, r.fetchedAt = set, fetchedAt
	}
	return nil
}

// replace makes set the certificates in use and stores them. A store that fails costs the next start a call, no more.
func (r *Ring) replace(ctx context.Context, set map[string]platformKey, now time.Time) {
	r.mu.Lock()
	r.certificates, r.fetchedAt = set, now
	r.mu.Unlock()
	if r.o.Store == nil {
		return
	}
	if err := r.o.Store.SavePlatformKeys(ctx, r.o.Merchant.mchID, storedKeys(set)); err != nil {
		r.o.Log.WarnContext(ctx, "platform certificates are in use but not stored", "err", err)
	}
}

// newPlatformKey reads a certificate. The serial it was announced under must be its own: otherwise one certificate
// could be served under invented serials.
func (r *Ring) newPlatformKey(pemText, serial string, fetchedAt time.Time) (platformKey, error) {
	certificate, err := parseCertificate([]byte(pemText))
	if err != nil {
		return platformKey{}, err
	}
	if own := serialOf(certificate); !strings.EqualFold(own, serial) {
		return platformKey{}, fmt.Errorf("announced under serial %s but has %s", shorten(serial, serialMax), own)
	}
	if r.o.Produce && config.LocalCertificate(certificate) {
		return platformKey{}, errors.New("a certificate of the local WeChat, in production")
	}
	key, err := rsaKey(certificate.PublicKey)
	if err != nil {
		return platformKey{}, err
	}
	return platformKey{
		key: key,
		stored: StoredKey{
			Serial: serialOf(certificate), PEM: pemText,
			NotBefore: certificate.NotBefore, NotAfter: certificate.NotAfter, FetchedAt: fetchedAt,
		},
	}, nil
}

func storedKeys(set map[string]platformKey) []StoredKey {
	keys := make([]StoredKey, 0, len(set))
	for _, serial := range slices.Sorted(maps.Keys(set)) {
		keys = append(keys, set[serial].stored)
	}
	return keys
}

// RingStatus is what a Ring holds, for the console and the doctor.
type RingStatus struct {
	PublicKeyID  string      // empty: no public key is configured
	Certificates []StoredKey // by serial; an expired one stays listed until the next refresh
	FetchedAt    time.Time   // when WeChat last confirmed the certificates; zero: never
	LastError    error       // of the last refresh; nil: it worked, or there was none
}

// Status tells what is held now.
func (r *Ring) Status() RingStatus {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return RingStatus{
		PublicKeyID: r.publicKeyID, Certificates: storedKeys(r.certificates), FetchedAt: r.fetchedAt, LastError: r.lastError,
	}
}

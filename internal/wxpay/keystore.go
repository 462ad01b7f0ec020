package wxpay

import (
	"context"
	"time"
)

// StoredKey is one platform certificate (微信支付平台证书) as kept between runs. It holds nothing secret.
type StoredKey struct {
	Serial    string // the certificate's serial, upper-case hex
	PEM       string // the certificate
	NotBefore time.Time
	NotAfter  time.Time
	FetchedAt time.Time
}

// KeyStore keeps the platform certificates, so that a host starts without asking WeChat first.
type KeyStore interface {
	// LoadPlatformKeys gives the set of the last SavePlatformKeys; none is not an error.
	LoadPlatformKeys(ctx context.Context, mchid string) ([]StoredKey, error)
	// SavePlatformKeys replaces the merchant's set.
	SavePlatformKeys(ctx context.Context, mchid string, keys []StoredKey) error
}

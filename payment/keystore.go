package payment

import (
	"context"

	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/internal/wxpay"
)

// KeyStore keeps WeChat Pay's platform certificates in the module's database.
type KeyStore struct{ DB *store.DB }

var _ wxpay.KeyStore = KeyStore{}

// LoadPlatformKeys gives the set of the last SavePlatformKeys.
func (k KeyStore) LoadPlatformKeys(ctx context.Context, mchid string) ([]wxpay.StoredKey, error) {
	rows, err := k.DB.PlatformKeys(ctx, mchid)
	keys := make([]wxpay.StoredKey, 0, len(rows))
	for _, r := range rows {
		keys = append(keys, wxpay.StoredKey{
			Serial: r.Serial, PEM: r.PEM, NotBefore: r.NotBefore.Time(), NotAfter: r.NotAfter.Time(), FetchedAt: r.FetchedAt.Time(),
		})
	}
	return keys, err
}

// SavePlatformKeys replaces the merchant's set.
func (k KeyStore) SavePlatformKeys(ctx context.Context, mchid string, keys []wxpay.StoredKey) error {
	rows := make([]store.PlatformKey, 0, len(keys))
	for _, s := range keys {
		rows = append(rows, store.PlatformKey{
			MchID: mchid, Serial: s.Serial, PEM: s.PEM, NotBefore: store.MillisOf(s.NotBefore),
			NotAfter: store.MillisOf(s.NotAfter), FetchedAt: store.MillisOf(s.FetchedAt),
		})
	}
	return k.DB.ReplacePlatformKeys(ctx, mchid, rows)
}

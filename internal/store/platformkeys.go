package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// PlatformKey is a platform certificate (平台证书) of WeChat Pay.
type PlatformKey struct {
	bun.BaseModel `bun:"table:wechat_platform_keys"`

	MchID     string `bun:"mchid,pk"`
	Serial    string `bun:"serial,pk"`
	PEM       string `bun:"pem"`
	NotBefore Millis `bun:"not_before"`
	NotAfter  Millis `bun:"not_after"`
	FetchedAt Millis `bun:"fetched_at"`
}

// PlatformKeys reads the stored certificates of a merchant.
func (q Queries) PlatformKeys(ctx context.Context, mchid string) (keys []PlatformKey, err error) {
	if err := q.db.NewSelect().Model(&keys).Where("mchid = ?", mchid).Order("serial").Scan(ctx); err != nil {
		return nil, fmt.Errorf("read platform keys: %w", err)
	}
	return keys, nil
}

// PutPlatformKeys adds certificates, or notes that they were seen again.
func (q Queries) PutPlatformKeys(ctx context.Context, keys []PlatformKey) error {
	if len(keys) == 0 {
		return nil
	}
	_, err := q.db.NewInsert().Model(&keys).
		On("CONFLICT (mchid, serial) DO UPDATE").
		Set("pem = EXCLUDED.pem").Set("not_before = EXCLUDED.not_before").
		Set("not_after = EXCLUDED.not_after").Set("fetched_at = EXCLUDED.fetched_at").Exec(ctx)
	if err != nil {
		return fmt.Errorf("store platform keys: %w", err)
	}
	return nil
}

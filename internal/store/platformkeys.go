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

// ReplacePlatformKeys makes keys the merchant's set.
func (d *DB) ReplacePlatformKeys(ctx context.Context, mchid string, keys []PlatformKey) error {
	return d.InTx(ctx, func(q Queries) error {
		if _, err := q.db.NewDelete().Model((*PlatformKey)(nil)).Where("mchid = ?", mchid).Exec(ctx); err != nil {
			return fmt.Errorf("replace platform keys: %w", err)
		}
		if len(keys) == 0 {
			return nil
		}
		if _, err := q.db.NewInsert().Model(&keys).Exec(ctx); err != nil {
			return fmt.Errorf("store platform keys: %w", err)
		}
		return nil
	})
}

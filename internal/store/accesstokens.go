package store

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// AccessToken is an app's access_token (接口调用凭据), sealed.
type AccessToken struct {
	bun.BaseModel `bun:"table:wechat_access_tokens"`

	AppID        string `bun:"appid,pk"`
	Kind         string `bun:"kind,pk"`
	Version      int64  `bun:"version"`
	Sealed       string `bun:"sealed"` // empty while version is 0
	ExpiresAt    Millis `bun:"expires_at"`
	Owner        string `bun:"owner"`
	ClaimedUntil Millis `bun:"claimed_until"`
}

// AccessToken reads a token's row.
func (q Queries) AccessToken(ctx context.Context, appid, kind string) (t AccessToken, found bool, err error) {
	found, err = one(q.db.NewSelect().Model(&t).Where("appid = ? AND kind = ?", appid, kind).Scan(ctx))
	if err != nil {
		err = fmt.Errorf("read access token: %w", err)
	}
	return t, found, err
}

// ClaimAccessToken takes the right to fetch the version after seen; true for one caller until the lease ends.
func (q Queries) ClaimAccessToken(ctx context.Context, appid, kind, owner string, seen int64, lease time.Duration) (bool, error) {
	claimed, err := affected(q.db.NewRaw(`INSERT INTO wechat_access_tokens AS t
			(appid, kind, version, sealed, expires_at, owner, claimed_until) VALUES (?, ?, 0, '', 0, ?, ? + ?)
		ON CONFLICT (appid, kind) DO UPDATE SET owner = EXCLUDED.owner, claimed_until = EXCLUDED.claimed_until
		WHERE t.version = ? AND (t.owner = '' OR t.claimed_until < ?)`,
		appid, kind, owner, q.nowSQL(), lease.Milliseconds(), seen, q.nowSQL()).Exec(ctx))
	if err != nil {
		err = fmt.Errorf("claim access token: %w", err)
	}
	return claimed, err
}

// ReleaseAccessToken gives a claim up.
func (q Queries) ReleaseAccessToken(ctx context.Context, appid, kind, owner string) error {
	_, err := q.db.NewRaw("UPDATE wechat_access_tokens SET owner = '' WHERE appid = ? AND kind = ? AND owner = ?",
		appid, kind, owner).Exec(ctx)
	if err != nil {
		return fmt.Errorf("release access token: %w", err)
	}
	return nil
}

// SaveAccessToken writes version seen+1 and ends any claim; false when the row has moved on.
func (q Queries) SaveAccessToken(ctx context.Context, t AccessToken, seen int64) (bool, error) {
	saved, err := affected(q.db.NewRaw(`UPDATE wechat_access_tokens
		SET version = version + 1, sealed = ?, expires_at = ?, owner = '', claimed_until = 0
		WHERE appid = ? AND kind = ? AND version = ?`, t.Sealed, t.ExpiresAt, t.AppID, t.Kind, seen).Exec(ctx))
	if err != nil {
		err = fmt.Errorf("save access token: %w", err)
	}
	return saved, err
}

package identity

import (
	"context"
	"time"

	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/internal/token"
)

// TokenStore keeps access tokens in the module's database, so that all hosts share one.
type TokenStore struct{ DB *store.DB }

var _ token.Store = TokenStore{}

// LoadToken gives the stored token.
func (t TokenStore) LoadToken(ctx context.Context, appid, kind string) (token.Stored, bool, error) {
	row, found, err := t.DB.AccessToken(ctx, appid, kind)
	if err != nil || !found || row.Version == 0 {
		return token.Stored{}, false, err
	}
	return token.Stored{Version: row.Version, Value: row.Sealed, ExpiresAt: row.ExpiresAt.Time()}, true, nil
}

// ClaimRefresh takes the right to fetch the next version.
func (t TokenStore) ClaimRefresh(ctx context.Context, appid, kind, owner string, seenVersion int64, lease time.Duration) (bool, error) {
	return t.DB.ClaimAccessToken(ctx, appid, kind, owner, seenVersion, lease)
}

// ReleaseRefresh gives the right up.
func (t TokenStore) ReleaseRefresh(ctx context.Context, appid, kind, owner string) error {
	return t.DB.ReleaseAccessToken(ctx, appid, kind, owner)
}

// SaveToken writes the next version.
func (t TokenStore) SaveToken(ctx context.Context, appid, kind string, seenVersion int64, value string, expiresAt time.Time) (bool, error) {
	return t.DB.SaveAccessToken(ctx, store.AccessToken{
		AppID: appid, Kind: kind, Sealed: value, ExpiresAt: store.MillisOf(expiresAt),
	}, seenVersion)
}

package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Session is a log-in; the token itself is never stored.
type Session struct {
	bun.BaseModel `bun:"table:wechat_sessions"`

	TokenHash string `bun:"token_hash,pk"`
	AccountID string `bun:"account_id"`
	AppID     string `bun:"appid"`
	OpenID    string `bun:"openid"`
	CreatedAt Millis `bun:"created_at"`
	SeenAt    Millis `bun:"seen_at"`
}

// InsertSession adds a session and ends the account's oldest ones beyond keep.
func (q Queries) InsertSession(ctx context.Context, s Session, keep int) error {
	if _, err := q.db.NewInsert().Model(&s).Exec(ctx); err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	newest := q.db.NewSelect().Model((*Session)(nil)).Column("token_hash").
		Where("account_id = ?", s.AccountID).OrderExpr("created_at DESC, token_hash").Limit(int64(keep))
	_, err := q.db.NewDelete().Model((*Session)(nil)).
		Where("account_id = ?", s.AccountID).
		Where("token_hash <> ?", s.TokenHash).
		Where("token_hash NOT IN (?)", newest).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end old sessions: %w", err)
	}
	return nil
}

// TouchSession notes that the token was used.
func (q Queries) TouchSession(ctx context.Context, tokenHash string, at Millis) error {
	_, err := q.db.NewUpdate().Model((*Session)(nil)).Set("seen_at = ?", at).
		Where("token_hash = ? AND seen_at < ?", tokenHash, at).Exec(ctx)
	if err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

// DeleteSessions ends all sessions of an account.
func (q Queries) DeleteSessions(ctx context.Context, accountID string) error {
	_, err := q.db.NewDelete().Model((*Session)(nil)).Where("account_id = ?", accountID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// DeleteSessionsUnseen ends sessions not used since before, whoever they belong to.
func (q Queries) DeleteSessionsUnseen(ctx context.Context, before Millis) error {
	_, err := q.db.NewDelete().Model((*Session)(nil)).Where("seen_at < ?", before).Exec(ctx)
	if err != nil {
		return fmt.Errorf("end idle sessions: %w", err)
	}
	return nil
}

// ClaimLoginCode notes that a code is being tried; false when it was tried before.
func (q Queries) ClaimLoginCode(ctx context.Context, codeHash string, at Millis) (fresh bool, err error) {
	fresh, err = affected(q.db.NewRaw(
		"INSERT INTO wechat_login_codes (code_hash, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING", codeHash, at).Exec(ctx))
	if err != nil {
		err = fmt.Errorf("claim log-in code: %w", err)
	}
	return fresh, err
}

// DeleteLoginCodes forgets codes tried before the instant; WeChat refuses those by age.
func (q Queries) DeleteLoginCodes(ctx context.Context, before Millis) error {
	if _, err := q.db.NewRaw("DELETE FROM wechat_login_codes WHERE created_at < ?", before).Exec(ctx); err != nil {
		return fmt.Errorf("forget log-in codes: %w", err)
	}
	return nil
}

// InsertSessionKey keeps a sealed session key and drops all but the newest keep of the user.
func (q Queries) InsertSessionKey(ctx context.Context, appid, openid string, sealed []byte, at Millis, keep int) error {
	_, err := q.db.NewRaw("INSERT INTO wechat_session_keys (appid, openid, sealed, created_at) VALUES (?, ?, ?, ?)",
		appid, openid, sealed, at).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep session key: %w", err)
	}
	_, err = q.db.NewRaw(`DELETE FROM wechat_session_keys WHERE appid = ? AND openid = ? AND id NOT IN (
		SELECT id FROM wechat_session_keys WHERE appid = ? AND openid = ? ORDER BY id DESC LIMIT ?)`,
		appid, openid, appid, openid, keep).Exec(ctx)
	if err != nil {
		return fmt.Errorf("drop old session keys: %w", err)
	}
	return nil
}

// SessionKeys returns the user's sealed session keys, newest first.
func (q Queries) SessionKeys(ctx context.Context, appid, openid string) (sealed [][]byte, err error) {
	err = q.db.NewRaw("SELECT sealed FROM wechat_session_keys WHERE appid = ? AND openid = ? ORDER BY id DESC",
		appid, openid).Scan(ctx, &sealed)
	if err != nil {
		return nil, fmt.Errorf("read session keys: %w", err)
	}
	return sealed, nil
}

// SessionUser is a session with the user it belongs to.
type SessionUser struct {
	TokenHash string `bun:"token_hash"`
	AccountID string `bun:"account_id"`
	AppID     string `bun:"appid"`
	OpenID    string `bun:"openid"`
	CreatedAt Millis `bun:"created_at"`
	SeenAt    Millis `bun:"seen_at"`
	Phone     string `bun:"phone"`
	UnionID   string `bun:"unionid"`
	Nickname  string `bun:"nickname"`
	AvatarURL string `bun:"avatar_url"`
}

// SessionUser reads a session and its user by the token's hash.
func (q Queries) SessionUser(ctx context.Context, tokenHash string) (u SessionUser, found bool, err error) {
	found, err = one(q.db.NewRaw(`SELECT s.token_hash, s.account_id, s.appid, s.openid, s.created_at, s.seen_at,
			COALESCE(a.phone, '') AS phone, COALESCE(i.unionid, '') AS unionid, i.nickname, i.avatar_url
		FROM wechat_sessions AS s
		JOIN wechat_accounts AS a ON a.id = s.account_id
		JOIN wechat_identities AS i ON i.appid = s.appid AND i.openid = s.openid
		WHERE s.token_hash = ?`, tokenHash).Scan(ctx, &u))
	if err != nil {
		err = fmt.Errorf("read session: %w", err)
	}
	return u, found, err
}

package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Account is a system account (系统账号).
type Account struct {
	bun.BaseModel `bun:"table:wechat_accounts"`

	ID           string  `bun:"id,pk"`
	Username     string  `bun:"username"`
	PasswordHash string  `bun:"password_hash"`
	Phone        *string `bun:"phone"` // nil in the initial state
	CreatedAt    Millis  `bun:"created_at"`
	UpdatedAt    Millis  `bun:"updated_at"`
}

// Identity is one person as one app sees them.
type Identity struct {
	bun.BaseModel `bun:"table:wechat_identities"`

	AppID     string  `bun:"appid,pk"`
	OpenID    string  `bun:"openid,pk"`
	AccountID string  `bun:"account_id"`
	UnionID   *string `bun:"unionid"`
	Nickname  string  `bun:"nickname"`
	AvatarURL string  `bun:"avatar_url"`
	Gender    int     `bun:"gender"`
	Country   string  `bun:"country"`
	Province  string  `bun:"province"`
	City      string  `bun:"city"`
	Language  string  `bun:"language"`
	CreatedAt Millis  `bun:"created_at"`
	UpdatedAt Millis  `bun:"updated_at"`
}

// InsertAccount adds an account.
func (q Queries) InsertAccount(ctx context.Context, a Account) error {
	if _, err := q.db.NewInsert().Model(&a).Exec(ctx); err != nil {
		return fmt.Errorf("insert account: %w", err)
	}
	return nil
}

// Account reads one account.
func (q Queries) Account(ctx context.Context, id string) (a Account, found bool, err error) {
	found, err = one(q.db.NewSelect().Model(&a).Where("id = ?", id).Scan(ctx))
	if err != nil {
		err = fmt.Errorf("read account: %w", err)
	}
	return a, found, err
}

// LockAccount reads an account and keeps others from changing it until the transaction ends.
func (q Queries) LockAccount(ctx context.Context, id string) (a Account, found bool, err error) {
	sel := q.db.NewSelect().Model(&a).Where("id = ?", id)
	if q.postgres() { // SQLite's immediate transactions lock the whole file already
		sel = sel.For("UPDATE")
	}
	if found, err = one(sel.Scan(ctx)); err != nil {
		err = fmt.Errorf("lock account: %w", err)
	}
	return a, found, err
}

// DeleteAccount removes an account that nothing refers to yet.
func (q Queries) DeleteAccount(ctx context.Context, id string) error {
	if _, err := q.db.NewDelete().Model((*Account)(nil)).Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	return nil
}

// BindPhone stores the number as phone and user name. taken is true when another account has it.
func (q Queries) BindPhone(ctx context.Context, accountID, phone string, at Millis) (taken bool, err error) {
	var other int
	err = q.db.NewSelect().Model((*Account)(nil)).ColumnExpr("COUNT(*)").
		Where("id <> ?", accountID).
		Where("phone = ? OR username = ?", phone, phone).Scan(ctx, &other)
	if err != nil {
		return false, fmt.Errorf("look for the phone's owner: %w", err)
	}
	if other > 0 {
		return true, nil
	}
	_, err = q.db.NewUpdate().Model((*Account)(nil)).
		Set("phone = ?", phone).Set("username = ?", phone).Set("updated_at = ?", at).
		Where("id = ?", accountID).Exec(ctx)
	switch {
	case IsUnique(err):
		return true, nil // another transaction bound it in between; this one must be given up
	case err != nil:
		return false, fmt.Errorf("bind phone: %w", err)
	}
	return false, nil
}

// InsertIdentity adds an identity; false when the app's openid is known already.
func (q Queries) InsertIdentity(ctx context.Context, i Identity) (fresh bool, err error) {
	fresh, err = affected(q.db.NewInsert().Model(&i).On("CONFLICT DO NOTHING").Exec(ctx))
	if err != nil {
		err = fmt.Errorf("insert identity: %w", err)
	}
	return fresh, err
}

// Identity reads the identity behind an openid.
func (q Queries) Identity(ctx context.Context, appid, openid string) (i Identity, found bool, err error) {
	found, err = one(q.db.NewSelect().Model(&i).Where("appid = ? AND openid = ?", appid, openid).Scan(ctx))
	if err != nil {
		err = fmt.Errorf("read identity: %w", err)
	}
	return i, found, err
}

// AccountByUnionID finds the account of the same person in another app, the oldest first.
func (q Queries) AccountByUnionID(ctx context.Context, unionid string) (accountID string, found bool, err error) {
	found, err = one(q.db.NewSelect().Model((*Identity)(nil)).Column("account_id").
		Where("unionid = ?", unionid).Order("created_at").Limit(1).Scan(ctx, &accountID))
	if err != nil {
		err = fmt.Errorf("look up unionid: %w", err)
	}
	return accountID, found, err
}

// SetUnionID stores a unionid that appeared later; false when the identity has one.
func (q Queries) SetUnionID(ctx context.Context, appid, openid, unionid string, at Millis) (set bool, err error) {
	set, err = affected(q.db.NewUpdate().Model((*Identity)(nil)).
		Set("unionid = ?", unionid).Set("updated_at = ?", at).
		Where("appid = ? AND openid = ? AND unionid IS NULL", appid, openid).Exec(ctx))
	if err != nil {
		err = fmt.Errorf("store unionid: %w", err)
	}
	return set, err
}

// UpdateProfile stores the profile fields of an identity.
func (q Queries) UpdateProfile(ctx context.Context, i Identity) error {
	_, err := q.db.NewUpdate().Model(&i).
		Column("nickname", "avatar_url", "gender", "country", "province", "city", "language", "updated_at").
		WherePK().Exec(ctx)
	if err != nil {
		return fmt.Errorf("update profile: %w", err)
	}
	return nil
}

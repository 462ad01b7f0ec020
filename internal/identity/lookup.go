package identity

import (
	"context"

	"wgink.ink/wechat/internal/store"
)

// Lookup finds the user behind an openid, for those who have no session of theirs. An empty appid means the mini-program.
// Errors: storage-down.
func (s *Service) Lookup(ctx context.Context, appid, openid string) (u User, found bool, err error) {
	if appid == "" {
		appid = s.MiniProgram.AppID()
	}
	err = s.DB.InTx(ctx, func(q store.Queries) error {
		who, known, err := q.Identity(ctx, appid, openid)
		if err != nil || !known {
			return err
		}
		account, known, err := q.Account(ctx, who.AccountID)
		if err != nil || !known {
			return err
		}
		u = User{AccountID: who.AccountID, AppID: who.AppID, OpenID: who.OpenID, Nickname: who.Nickname, AvatarURL: who.AvatarURL}
		if who.UnionID != nil {
			u.UnionID = *who.UnionID
		}
		if account.Phone != nil {
			u.Phone = *account.Phone
		}
		found = true
		return nil
	})
	return u, found, storage(err)
}

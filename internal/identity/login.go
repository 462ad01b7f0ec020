package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"wgink.ink/wechat/internal/failpoint"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/miniprogram"
	"wgink.ink/wechat/internal/store"
)

const (
	codeMemory      = 10 * time.Minute // WeChat forgets a code after five
	sessionKeysKept = 3                // clients may encrypt with a slightly older key
)

// LogIn exchanges the code of wx.login for a token (小程序登录) and creates the account on first sight.
//
// A code is tried once: a repeat, also a parallel one, is refused without asking WeChat, and the client simply calls
// wx.login again. Errors: login-code-invalid, login-blocked, too-many-requests, wechat-unavailable, wechat-refused,
// storage-down.
func (s *Service) LogIn(ctx context.Context, code string) (LogIn, error) {
	if !miniprogram.ValidCode(code) {
		return LogIn{}, fault.Newf(fault.LoginCodeInvalid, "the code does not look like one of wx.login")
	}
	fresh, err := s.DB.ClaimLoginCode(ctx, hash(s.MiniProgram.AppID(), code), store.MillisOf(s.Now()))
	if err != nil {
		return LogIn{}, storage(err)
	}
	if !fresh {
		return LogIn{}, fault.Newf(fault.LoginCodeInvalid, "the code was used before")
	}
	seen, err := s.MiniProgram.Code2Session(ctx, code)
	if err != nil {
		return LogIn{}, err
	}
	return s.enter(ctx, seen)
}

// enter finds or creates the account behind an openid and opens a session.
func (s *Service) enter(ctx context.Context, seen miniprogram.Session) (in LogIn, err error) {
	sealed, err := s.Sealer.Seal([]byte(seen.SessionKey.Reveal()), sessionKeyAAD(s.MiniProgram.AppID(), seen.OpenID))
	if err != nil {
		return LogIn{}, fault.New(fault.Internal, err)
	}
	err = s.DB.InTx(ctx, func(q store.Queries) error {
		at := store.MillisOf(s.Now())
		who, err := s.account(ctx, q, seen, at)
		if err != nil {
			return err
		}
		if err := q.InsertSessionKey(ctx, who.AppID, who.OpenID, sealed, at, sessionKeysKept); err != nil {
			return err
		}
		in, err = s.open(ctx, q, who, at)
		return err
	})
	if err == nil {
		err = failpoint.Hit(failpoint.AfterCommit)
	}
	if err != nil {
		return LogIn{}, storage(err)
	}
	s.Queue.Wake()
	return in, nil
}

// account finds the account of an identity, or creates both. Two first log-ins at once end in one account.
func (s *Service) account(ctx context.Context, q store.Queries, seen miniprogram.Session, at store.Millis) (store.Identity, error) {
	appid := s.MiniProgram.AppID()
	who, found, err := q.Identity(ctx, appid, seen.OpenID)
	if err != nil {
		return who, err
	}
	if found {
		return s.noteUnionID(ctx, q, who, seen.UnionID, at)
	}
	who = store.Identity{AppID: appid, OpenID: seen.OpenID, CreatedAt: at, UpdatedAt: at}
	kind := UserCreated
	if seen.UnionID != "" {
		who.UnionID = &seen.UnionID
		other, known, err := q.AccountByUnionID(ctx, seen.UnionID)
		if err != nil {
			return who, err
		}
		if known { // the same person, known from another app
			who.AccountID, kind = other, UserMerged
		}
	}
	if kind == UserCreated {
		if who.AccountID, err = s.newAccount(ctx, q, at); err != nil {
			return who, err
		}
	}
	fresh, err := q.InsertIdentity(ctx, who)
	if err != nil {
		return who, err
	}
	if fresh {
		return who, s.record(ctx, q, kind, who, accountPhone{}, at)
	}
	if kind == UserCreated { // the other log-in was faster: its account counts
		if err := q.DeleteAccount(ctx, who.AccountID); err != nil {
			return who, err
		}
	}
	who, _, err = q.Identity(ctx, appid, seen.OpenID)
	return who, err
}

func (s *Service) newAccount(ctx context.Context, q store.Queries, at store.Millis) (id string, err error) {
	a := store.Account{
		ID: uuid.NewString(), Username: "wx" + newToken()[:16], PasswordHash: hash(newToken()), CreatedAt: at, UpdatedAt: at,
	}
	return a.ID, q.InsertAccount(ctx, a)
}

// noteUnionID stores a unionid that appeared after the first log-in: the app was bound to an Open Platform account.
func (s *Service) noteUnionID(ctx context.Context, q store.Queries, who store.Identity, unionid string, at store.Millis) (store.Identity, error) {
	if unionid == "" || who.UnionID != nil {
		return who, nil
	}
	set, err := q.SetUnionID(ctx, who.AppID, who.OpenID, unionid, at)
	if err != nil || !set {
		return who, err
	}
	who.UnionID = &unionid
	return who, s.record(ctx, q, UserMerged, who, accountPhone{}, at)
}

func sessionKeyAAD(appid, openid string) string { return "session-key\x00" + appid + "\x00" + openid }

// hash is the hex SHA-256 of the parts; enough for values of 112 bits of entropy and more.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write([]byte(p))
		_, _ = h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

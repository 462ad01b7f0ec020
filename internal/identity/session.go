package identity

import (
	"context"
	"crypto/rand"
	"math/big"
	"strings"
	"time"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/store"
)

const (
	tokenBytes  = 32 // 256 bits
	tokenLength = 43 // of them in base 62
	touchEvery  = time.Minute
)

// newToken is 256 random bits in digits and letters: clients split answers on "_", so a token must not hold one.
func newToken() string {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	t := new(big.Int).SetBytes(b[:]).Text(62)
	return strings.Repeat("0", tokenLength-len(t)) + t
}

func validToken(t string) bool {
	if len(t) != tokenLength {
		return false
	}
	for _, r := range t {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}

// open starts a session for an identity, in the caller's transaction.
func (s *Service) open(ctx context.Context, q store.Queries, who store.Identity, at store.Millis) (LogIn, error) {
	account, found, err := q.Account(ctx, who.AccountID)
	if err != nil {
		return LogIn{}, err
	}
	if !found {
		return LogIn{}, fault.Newf(fault.Internal, "identity without account")
	}
	token := newToken()
	err = q.InsertSession(ctx, store.Session{
		TokenHash: hash(token), AccountID: who.AccountID, AppID: who.AppID, OpenID: who.OpenID, CreatedAt: at, SeenAt: at,
	}, s.set.MaxPerUser)
	return LogIn{Token: token, Initial: account.Phone == nil}, err
}

// Authenticate finds the user behind a token. Errors: not-logged-in, storage-down.
func (s *Service) Authenticate(ctx context.Context, token string) (User, error) {
	if !validToken(token) {
		return User{}, fault.Newf(fault.NotLoggedIn, "no token, or not one of ours")
	}
	now := s.Now()
	row, found, err := s.DB.SessionUser(ctx, hash(token))
	switch {
	case err != nil:
		return User{}, storage(err)
	case !found:
		return User{}, fault.Newf(fault.NotLoggedIn, "unknown token")
	case now.Sub(row.SeenAt.Time()) > s.set.Idle:
		return User{}, fault.Newf(fault.NotLoggedIn, "the token was not used for %s", s.set.Idle)
	case now.Sub(row.CreatedAt.Time()) > s.set.Absolute:
		return User{}, fault.Newf(fault.NotLoggedIn, "the token is older than %s", s.set.Absolute)
	}
	if now.Sub(row.SeenAt.Time()) > min(touchEvery, s.set.Idle/4) { // not a write on each request
		if err := s.DB.TouchSession(ctx, row.TokenHash, store.MillisOf(now)); err != nil {
			s.Log.WarnContext(ctx, "cannot note the use of a token", "error", err)
		}
	}
	return User{
		AccountID: row.AccountID, AppID: row.AppID, OpenID: row.OpenID, UnionID: row.UnionID, Phone: row.Phone,
		Nickname: row.Nickname, AvatarURL: row.AvatarURL, LoggedIn: row.CreatedAt.Time(), session: row.TokenHash,
	}, nil
}

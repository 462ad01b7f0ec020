package identity

import (
	"context"
	"time"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/miniprogram"
	"wgink.ink/wechat/internal/store"
)

const (
	dataAge   = 10 * time.Minute // of what the user gave, by its watermark
	rebindAge = 5 * time.Minute  // of the log-in, to change a bound phone
)

// PhoneProof is how a client proves a phone number: the code of getPhoneNumber (手机号快速验证), or what old clients still
// send, encryptedData with iv.
type PhoneProof struct {
	Code          string `json:"code"`
	EncryptedData string `json:"encryptedData"`
	IV            string `json:"iv"`
}

// BindPhone binds the number that the client proved to the user's account and sets the user name to it. All tokens of the
// account end; the answer holds a new one. The same proof in the same session gets the same answer for a moment, so that a
// double tap does no harm.
//
// Errors: bad-request, phone-code-invalid, phone-taken, login-too-old, session-key-stale (the client must log in again),
// too-many-requests, wechat-unavailable, wechat-refused, storage-down.
func (s *Service) BindPhone(ctx context.Context, u User, proof PhoneProof) (LogIn, error) {
	return s.taps.do(ctx, proof.in(u.session), func() (LogIn, error) {
		switch {
		case proof.Code != "":
			return s.bindByCode(ctx, u, proof.Code)
		case proof.EncryptedData != "" && proof.IV != "":
			return s.bindEncrypted(ctx, u, proof.EncryptedData, proof.IV)
		default:
			return LogIn{}, fault.Newf(fault.BadRequest, "neither code nor encryptedData with iv")
		}
	})
}

// BoundJustNow is BindPhone's answer to the same request from a moment ago. The second request of a double tap comes with
// a token that the first one has ended, so nobody can be found behind it.
func (s *Service) BoundJustNow(ctx context.Context, token string, proof PhoneProof) (in LogIn, found bool, err error) {
	return s.taps.again(ctx, proof.in(hash(token)))
}

// in names the proof within a session.
func (p PhoneProof) in(session string) string { return hash(session, p.Code, p.EncryptedData, p.IV) }

func (s *Service) bindByCode(ctx context.Context, u User, code string) (LogIn, error) {
	if !miniprogram.ValidCode(code) {
		return LogIn{}, fault.Newf(fault.PhoneCodeInvalid, "the code does not look like one of getPhoneNumber")
	}
	if err := s.mayRebind(u, u.Phone); err != nil {
		return LogIn{}, err
	}
	var phone miniprogram.Phone
	err := s.Tokens.Do(ctx, func(ctx context.Context, token string) (err error) {
		// With the openid WeChat refuses a code of another user.
		phone, err = s.MiniProgram.PhoneNumber(ctx, token, code, u.OpenID)
		return err
	})
	if err != nil {
		return LogIn{}, err
	}
	if age := s.Now().Sub(phone.GivenAt); age > dataAge {
		return LogIn{}, fault.Newf(fault.PhoneCodeInvalid, "the watermark is %v old", age.Round(time.Second))
	}
	return s.bind(ctx, u, phone)
}

func (s *Service) bindEncrypted(ctx context.Context, u User, encryptedData, iv string) (LogIn, error) {
	if !s.set.EncryptedPhone {
		return LogIn{}, fault.Newf(fault.BadRequest, "encryptedData is switched off: send the code of getPhoneNumber")
	}
	if err := s.mayRebind(u, u.Phone); err != nil {
		return LogIn{}, err
	}
	plain, err := s.decrypt(ctx, u, encryptedData, iv)
	if err != nil {
		return LogIn{}, err
	}
	phone, err := miniprogram.ParsePhone(plain)
	if err != nil {
		return LogIn{}, err
	}
	return s.bind(ctx, u, phone)
}

// mayRebind asks for a fresh log-in before a bound phone is changed, so that a stolen token cannot take the account.
func (s *Service) mayRebind(u User, bound string) error {
	if bound != "" && s.Now().Sub(u.LoggedIn) > rebindAge {
		return fault.Newf(fault.LoginTooOld, "a bound phone is changed only within %s of the log-in", rebindAge)
	}
	return nil
}

func (s *Service) bind(ctx context.Context, u User, phone miniprogram.Phone) (in LogIn, err error) {
	err = s.DB.InTx(ctx, func(q store.Queries) error {
		at := store.MillisOf(s.Now())
		if err := s.stillThere(ctx, q, u); err != nil {
			return err
		}
		taken, err := q.BindPhone(ctx, u.AccountID, phone.Account(), at)
		if err != nil {
			return err
		}
		if taken {
			return fault.Newf(fault.PhoneTaken, "account %s", u.AccountID)
		}
		who, found, err := q.Identity(ctx, u.AppID, u.OpenID)
		if err != nil {
			return err
		}
		if !found {
			return fault.Newf(fault.NotLoggedIn, "the identity is gone")
		}
		if err := s.record(ctx, q, UserPhoneBound, who, accountPhone{phone.Account(), phone.CountryCode}, at); err != nil {
			return err
		}
		if err := q.DeleteSessions(ctx, u.AccountID); err != nil {
			return err
		}
		in, err = s.open(ctx, q, who, at)
		return err
	})
	if err != nil {
		return LogIn{}, storage(err)
	}
	s.Queue.Wake()
	return in, nil
}

// stillThere checks inside the transaction what was checked before it: while WeChat was asked, another request may have
// ended the session or bound a phone.
func (s *Service) stillThere(ctx context.Context, q store.Queries, u User) error {
	account, found, err := q.LockAccount(ctx, u.AccountID)
	if err != nil {
		return err
	}
	if _, live, err := q.SessionUser(ctx, u.session); err != nil {
		return err
	} else if !found || !live {
		return fault.Newf(fault.NotLoggedIn, "the session ended meanwhile")
	}
	if account.Phone != nil {
		return s.mayRebind(u, *account.Phone)
	}
	return nil
}

// decrypt opens encryptedData with the kept session keys, the newest first.
func (s *Service) decrypt(ctx context.Context, u User, encryptedData, iv string) ([]byte, error) {
	sealed, err := miniprogram.ParseEncryptedData(encryptedData, iv)
	if err != nil {
		return nil, err
	}
	keys, err := s.sessionKeys(ctx, u)
	if err != nil {
		return nil, err
	}
	err = fault.Newf(fault.SessionKeyStale, "no session key is kept")
	for _, key := range keys {
		plain, openErr := sealed.Open(key, u.AppID, s.Now(), dataAge)
		if openErr == nil {
			return plain, nil
		}
		err = openErr
	}
	return nil, err
}

func (s *Service) sessionKeys(ctx context.Context, u User) ([]miniprogram.SessionKey, error) {
	sealed, err := s.DB.SessionKeys(ctx, u.AppID, u.OpenID)
	if err != nil {
		return nil, storage(err)
	}
	keys := make([]miniprogram.SessionKey, 0, len(sealed))
	for _, box := range sealed {
		plain, err := s.Sealer.Open(box, sessionKeyAAD(u.AppID, u.OpenID))
		if err != nil {
			continue // sealed under an app secret that was changed since: as good as stale
		}
		keys = append(keys, miniprogram.SessionKey(plain))
	}
	return keys, nil
}

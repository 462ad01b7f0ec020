package identity

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/miniprogram"
	"wgink.ink/wechat/internal/store"
)

// Profile is what a user tells about themselves. It is the client's word, never an identity. Empty fields stay as they
// are.
type Profile struct {
	Nickname  string `json:"nickName"`
	AvatarURL string `json:"avatarUrl"`
	Gender    int    `json:"gender"` // 0 unknown, 1 male, 2 female
	Country   string `json:"country"`
	Province  string `json:"province"`
	City      string `json:"city"`
	Language  string `json:"language"`
}

// What WeChat shows instead of a name and a picture since November 2022; it must not overwrite real ones.
const (
	placeholderName   = "微信用户"
	placeholderAvatar = "POgEwh4mIHO4nibH0KlMECNjjGxQUq24ZEaGT4poC6icRiccVGKSyXwibcPq4BWmiaIGuG1icwxaQX6grC9VemZoJ8rg"
)

// UpdateProfile stores nickname, avatar and the like on the mini-program user; the system account stays as it is.
// Errors: profile-invalid, storage-down.
func (s *Service) UpdateProfile(ctx context.Context, u User, p Profile) (User, error) {
	if p.Nickname == placeholderName {
		p.Nickname = ""
	}
	if strings.Contains(p.AvatarURL, placeholderAvatar) {
		p.AvatarURL = ""
	}
	if err := s.checkProfile(p); err != nil {
		return User{}, err
	}
	err := s.DB.InTx(ctx, func(q store.Queries) error {
		who, found, err := q.Identity(ctx, u.AppID, u.OpenID)
		if err != nil {
			return err
		}
		if !found {
			return fault.Newf(fault.NotLoggedIn, "the identity is gone")
		}
		before := who
		p.applyTo(&who)
		u.Nickname, u.AvatarURL = who.Nickname, who.AvatarURL
		if who == before {
			return nil // nothing new: no event either
		}
		who.UpdatedAt = store.MillisOf(s.Now())
		if err := q.UpdateProfile(ctx, who); err != nil {
			return err
		}
		return s.record(ctx, q, UserProfileUpdated, who, accountPhone{number: u.Phone}, who.UpdatedAt)
	})
	if err != nil {
		return User{}, storage(err)
	}
	s.Queue.Wake()
	return u, nil
}

// UpdateEncryptedProfile is UpdateProfile for encryptedData and iv of wx.getUserProfile.
func (s *Service) UpdateEncryptedProfile(ctx context.Context, u User, encryptedData, iv string) (User, error) {
	plain, err := s.decrypt(ctx, u, encryptedData, iv)
	if err != nil {
		return User{}, err
	}
	return s.updateFromJSON(ctx, u, plain)
}

// UpdateRawProfile is UpdateProfile for rawData with its signature.
func (s *Service) UpdateRawProfile(ctx context.Context, u User, rawData, signature string) (User, error) {
	keys, err := s.sessionKeys(ctx, u)
	if err != nil {
		return User{}, err
	}
	for _, key := range keys {
		if miniprogram.VerifyRawData(rawData, signature, key) {
			return s.updateFromJSON(ctx, u, []byte(rawData))
		}
	}
	return User{}, fault.Newf(fault.SessionKeyStale, "rawData fits no session key we keep")
}

func (s *Service) updateFromJSON(ctx context.Context, u User, data []byte) (User, error) {
	var p Profile
	if err := json.Unmarshal(data, &p); err != nil {
		return User{}, fault.New(fault.ProfileInvalid, err)
	}
	return s.UpdateProfile(ctx, u, p)
}

func (s *Service) checkProfile(p Profile) error {
	switch {
	case !line(p.Nickname, 64):
		return fault.Newf(fault.ProfileInvalid, "nickName: at most 64 characters, none of them invisible")
	case p.AvatarURL != "" && !s.avatarAllowed(p.AvatarURL):
		return fault.Newf(fault.ProfileInvalid, "avatarUrl: https on one of mini-app.avatar-hosts, at most 512 characters")
	case p.Gender < 0 || p.Gender > 2:
		return fault.Newf(fault.ProfileInvalid, "gender: 0, 1 or 2")
	case !line(p.Country, 64), !line(p.Province, 64), !line(p.City, 64), !line(p.Language, 16):
		return fault.Newf(fault.ProfileInvalid, "country, province, city or language is too long")
	}
	return nil
}

func (s *Service) avatarAllowed(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && len(raw) <= 512 && u.Scheme == "https" && u.User == nil && u.Opaque == "" &&
		slices.Contains(s.set.AvatarHosts, u.Host) && line(raw, 512)
}

// line accepts one line of visible text: no control characters, none that turn the direction of the text around, and
// none that show nothing, with which two names look alike. Emoji are kept whole: a joiner may stand between two symbols,
// a variation selector behind a character.
func line(text string, atMost int) bool {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > atMost {
		return false
	}
	runes := []rune(text)
	var shown, before rune // the last visible character, and the last of any kind
	for i, r := range runes {
		switch {
		case r == joiner:
			if i+1 == len(runes) || before == joiner || !isSymbol(shown) || !isSymbol(runes[i+1]) {
				return false
			}
		case unicode.Is(unicode.Variation_Selector, r):
			if before == 0 || before != shown {
				return false
			}
		case isInvisible(r):
			return false
		default:
			shown = r
		}
		before = r
	}
	return text == strings.TrimSpace(text)
}

// joiner (U+200D) makes one emoji of two.
const joiner = '\u200d'

// isSymbol is true for emoji and the like: ♂ and ↔ are parts of some.
func isSymbol(r rune) bool { return r > unicode.MaxLatin1 && unicode.IsSymbol(r) }

// isInvisible is true for control and format characters, line ends, the fillers that Unicode tells programs not to show,
// and the blank of Braille.
func isInvisible(r rune) bool {
	return r == '\u2028' || r == '\u2029' || r == '\u2800' ||
		unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point)
}

func (p Profile) applyTo(who *store.Identity) {
	set := func(to *string, value string) {
		if value != "" {
			*to = value
		}
	}
	set(&who.Nickname, p.Nickname)
	set(&who.AvatarURL, p.AvatarURL)
	set(&who.Country, p.Country)
	set(&who.Province, p.Province)
	set(&who.City, p.City)
	set(&who.Language, p.Language)
	if p.Gender != 0 {
		who.Gender = p.Gender
	}
}

package identity

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
)

// Kinds of user events.
const (
	UserCreated        = "user.created"
	UserPhoneBound     = "user.phone_bound"
	UserProfileUpdated = "user.profile_updated"
	UserMerged         = "user.merged" // a unionid appeared: the person is known in other apps too
)

// userPayload is what a user event carries: the user after the change.
type userPayload struct {
	AccountID string `json:"account_id"`
	AppID     string `json:"appid"`
	OpenID    string `json:"openid"`
	UnionID   string `json:"unionid,omitempty"`
	Phone     string `json:"phone,omitempty"`
	Nickname  string `json:"nickname,omitempty"`
	AvatarURL string `json:"avatar_url,omitempty"`
	Gender    int    `json:"gender,omitempty"`
	Country   string `json:"country,omitempty"`
	Province  string `json:"province,omitempty"`
	City      string `json:"city,omitempty"`
	Language  string `json:"language,omitempty"`

	// Only where a phone was bound: the account does not keep it, and +12425550100 does not tell where it ends.
	PhoneCountryCode string `json:"phone_country_code,omitempty"`
}

// accountPhone is the phone in a user event; countryCode is empty when it is not known.
type accountPhone struct{ number, countryCode string }

// record queues a change of a user in the transaction that makes it.
func (s *Service) record(ctx context.Context, q store.Queries, kind string, who store.Identity, phone accountPhone, at store.Millis) error {
	payload := userPayload{
		AccountID: who.AccountID, AppID: who.AppID, OpenID: who.OpenID, Phone: phone.number, PhoneCountryCode: phone.countryCode,
		Nickname: who.Nickname, AvatarURL: who.AvatarURL,
		Gender: who.Gender, Country: who.Country, Province: who.Province, City: who.City, Language: who.Language,
	}
	if who.UnionID != nil {
		payload.UnionID = *who.UnionID
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	key := kind + "|" + who.AppID + "|" + who.OpenID
	if kind != UserCreated { // the others happen more than once
		key += "|" + uuid.NewString()
	}
	_, err = s.Queue.Record(ctx, q, store.Event{
		ID: delivery.EventID("", key), Kind: kind, BusinessKey: key, Subject: who.OpenID, Verdict: store.VerdictOK,
		Payload: body, OccurredAt: at, CreatedAt: at,
	})
	return err
}

package wechattest

import "context"

// Phone is one person's phone with the mini-program open. Get one with [Simulator.Phone].
type Phone struct {
	sim  *Simulator
	name string
}

// EncryptedData is what the legacy client calls hand to a page: base64 texts.
type EncryptedData struct {
	EncryptedData string `json:"encryptedData"`
	IV            string `json:"iv"`
}

// SignedProfile is the unencrypted half of wx.getUserInfo: signature is hex(SHA-1(rawData ‖ session_key)).
type SignedProfile struct {
	RawData   string `json:"rawData"`
	Signature string `json:"signature"`
}

// Profile is what a user shows of themself.
type Profile struct {
	NickName  string `json:"nickName"`
	AvatarURL string `json:"avatarUrl"`
}

func (s *Simulator) Phone(name string) *Phone                                         { panic("soon") }
func (p *Phone) OpenID() string                                                       { panic("soon") }
func (p *Phone) UnionID() string                                                      { panic("soon") }
func (p *Phone) Number() string                                                       { panic("soon") }
func (p *Phone) SetNumber(countryCode, pureNumber string)                             { panic("soon") }
func (p *Phone) SetProfile(profile Profile)                                           { panic("soon") }
func (p *Phone) SetHighRisk(blocked bool)                                             { panic("soon") }
func (p *Phone) Login(ctx context.Context) (code string, err error)                   { panic("soon") }
func (p *Phone) GrantPhone(ctx context.Context) (code string, err error)              { panic("soon") }
func (p *Phone) EncryptedPhone(ctx context.Context) (EncryptedData, error)            { panic("soon") }
func (p *Phone) EncryptedUserInfo(ctx context.Context) (EncryptedData, error)         { panic("soon") }
func (p *Phone) RawUserInfo(ctx context.Context) (SignedProfile, error)               { panic("soon") }
func (p *Phone) Pay(ctx context.Context, launch Launch) error                         { panic("soon") }
func (s *Simulator) Order(outTradeNo string) (Order, bool)                            { panic("soon") }
func (s *Simulator) Orders() []Order                                                  { panic("soon") }
func (s *Simulator) HoldNotices(hold bool)                                            { panic("soon") }
func (s *Simulator) SendNotice(ctx context.Context, no string) (NoticeAttempt, error) { panic("soon") }
func (s *Simulator) Attempts(outTradeNo string) []NoticeAttempt                       { panic("soon") }
func (s *Simulator) Settle(ctx context.Context) error                                 { panic("soon") }
func (s *Simulator) SignWith(keyID string) error                                      { panic("soon") }
func (s *Simulator) RotateCertificate()                                               { panic("soon") }

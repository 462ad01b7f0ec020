// Package identity knows who a mini-program user is: log-in (小程序登录), sessions, phone binding (手机号绑定) and profile
// (头像昵称). It asks WeChat, keeps accounts, and queues what changed for plugins. It knows no HTTP.
package identity

import (
	"log/slog"
	"time"

	"github.com/google/uuid"

	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/miniprogram"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/internal/token"
)

// Service carries the verbs.
type Service struct {
	Parts
	set   Settings
	taps  *doubleTaps
	owner string // this host, anew at each start
}

// Parts are what a Service works with.
type Parts struct {
	MiniProgram *miniprogram.Client
	Tokens      *token.Source
	DB          *store.DB
	Queue       *delivery.Queue
	Sealer      token.Sealer // for session keys at rest
	Log         *slog.Logger
	Now         func() time.Time
}

// Settings are the rules of sessions and profiles.
type Settings struct {
	Idle           time.Duration // a token unused for so long ends
	Absolute       time.Duration // a token ends after so long, used or not
	MaxPerUser     int           // older tokens of the user end
	AvatarHosts    []string      // https hosts an avatar may be on
	EncryptedPhone bool          // whether the old encryptedData form of phone binding is accepted
}

// New wires a Service.
func New(p Parts, set Settings) *Service {
	return &Service{Parts: p, set: set, taps: newDoubleTaps(), owner: uuid.NewString()}
}

// User is who a request comes from.
type User struct {
	AccountID string    `json:"account_id"` // the system account
	AppID     string    `json:"appid"`
	OpenID    string    `json:"openid"` // within AppID
	UnionID   string    `json:"unionid,omitempty"`
	Phone     string    `json:"phone,omitempty"` // empty in the initial state
	Nickname  string    `json:"nickname,omitempty"`
	AvatarURL string    `json:"avatar_url,omitempty"`
	LoggedIn  time.Time `json:"logged_in"` // when the token was issued

	session string // hash of the token the user came with
}

// LogIn is a fresh log-in.
type LogIn struct {
	Token   string // digits and letters only
	Initial bool   // whether the account is in its initial state: random user name, no phone
}

// Data is the answer original clients expect: "<token>_<1|0>", 1 for the initial state.
func (l LogIn) Data() string {
	if l.Initial {
		return l.Token + "_1"
	}
	return l.Token + "_0"
}

func storage(err error) error {
	if err == nil {
		return nil
	}
	if code := fault.CodeOf(err); code != fault.Internal {
		return err // decided inside a transaction
	}
	return fault.New(fault.StorageDown, err)
}

package wechattest

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed scenarios/*.yaml
var scenarioFiles embed.FS

// Script is a list of faults to play. Scripts add up: [Simulator.Play] one after the other.
type Script struct {
	Name  string `yaml:"name"`
	Pain  int    `yaml:"pain"`  // the complaint of docs it replays, if any
	About string `yaml:"about"` // what a shop sees
	// Seed decides what Chance and Shuffle decide, so that a run can be had again.
	Seed uint64 `yaml:"seed"`
	// Skew is how far WeChat's time is ahead of the simulator's clock: in Date, in signatures, and when it judges the
	// timestamps of requests. Negative: behind.
	Skew   time.Duration `yaml:"skew"`
	Faults []Fault       `yaml:"faults"`
}

// Place is where a fault strikes.
type Place string

// The places.
const (
	OnAnswer Place = "answer" // to a request to either host
	OnNotice Place = "notice" // a delivery on the timetable
	OnLogin  Place = "login"  // wx.login on a phone
	OnPay    Place = "pay"    // a user's consent to a payment
)

// Fault is one rule: where it strikes, how often, and what goes wrong. Rules that strike together add up; of two that
// say different things about one, the later counts.
type Fault struct {
	On Place `yaml:"on"`

	// Of answers: method, and a pattern of the path as in [path.Match], in which a final /** stands for the rest.
	Method string `yaml:"method"`
	Path   string `yaml:"path"`
	// Of notices and payments: a pattern of the out_trade_no. Of notices: a pattern of the event type.
	Order string `yaml:"order"`
	Event string `yaml:"event"`

	Skip   int     `yaml:"skip"`   // strikes that are let pass first
	Times  int     `yaml:"times"`  // then so many strikes; 0: all
	Chance float64 `yaml:"chance"` // of each of them, 0 to 1; 0: certain

	AnswerFault `yaml:",inline"`
	NoticeFault `yaml:",inline"`
	PhoneFault  `yaml:",inline"`

	// Delay keeps an answer or a delivery back, by the simulator's clock.
	Delay time.Duration `yaml:"delay"`
	// Signature spoils the signature of an answer or a notice.
	Signature BadSignature `yaml:"signature"`
}

// BadSignature is a way in which a signature is wrong.
type BadSignature string

// The ways.
const (
	SignatureProbe   BadSignature = "probe"        // WECHATPAY/SIGNTEST/…: not even base64 (签名探测)
	SignatureForged  BadSignature = "wrong-key"    // made with another key than the one that Wechatpay-Serial names
	SignatureSerial  BadSignature = "wrong-serial" // right, but under a serial that nobody knows
	SignatureMissing BadSignature = "missing"      // a proxy took the headers away
)

// AnswerFault is what can happen to an answer.
type AnswerFault struct {
	// When says whether it strikes "before" or "after" the request was carried out. Default: before for Status, HTML
	// and Errcode, after for the others.
	When string `yaml:"when"`
	// Lost cuts the connection instead of answering.
	Lost bool `yaml:"lost"`
	// Timeout never answers: the connection ends when the client gives up.
	Timeout bool `yaml:"timeout"`
	// Cut ends the connection after so many bytes of the body.
	Cut int `yaml:"cut"`
	// Status and Code are an error of WeChat Pay, signed, such as 500 SYSTEM_ERROR.
	Status  int    `yaml:"status"`
	Code    string `yaml:"code"`
	Message string `yaml:"message"`
	// HTML is the status of an unsigned page of the gateway, such as 400 or 502.
	HTML int `yaml:"html"`
	// Errcode is an error of api.weixin.qq.com, such as -1 or 40001.
	Errcode int `yaml:"errcode"`
}

// NoticeFault is what can happen to a notice.
type NoticeFault struct {
	Drop      bool          `yaml:"drop"`      // this delivery does not arrive
	Duplicate int           `yaml:"duplicate"` // it arrives so many times more, at the same time
	Behind    string        `yaml:"behind"`    // it waits until a notice of this event type about the order was delivered
	Shuffle   time.Duration `yaml:"shuffle"`   // it is kept back for a random time up to this
	Deaf      bool          `yaml:"deaf"`      // the receiver's answer is lost: WeChat sends it again
	Tamper    bool          `yaml:"tamper"`    // a proxy changes a byte of the body
	NewID     bool          `yaml:"new-id"`    // the same event under another notice id
	Change    NoticeValues  `yaml:"change"`    // wrong, but rightly sealed and signed
}

// NoticeValues are what a wrong notice claims; what is empty stays.
type NoticeValues struct {
	Total      int64  `yaml:"total"`  // in fen
	Refund     int64  `yaml:"refund"` // in fen
	Currency   string `yaml:"currency"`
	AppID      string `yaml:"appid"`
	MchID      string `yaml:"mchid"`
	OpenID     string `yaml:"openid"`
	OutTradeNo string `yaml:"out_trade_no"`
	EventType  string `yaml:"event_type"`
	SealWith   string `yaml:"seal_with"` // another APIv3 key, of 32 bytes
}

// PhoneFault is what can happen on a phone.
type PhoneFault struct {
	SameCode  bool `yaml:"same-code"`  // wx.login hands out the code of the log-in before
	NewKey    bool `yaml:"new-key"`    // the session_key changes once more, unseen by the server
	NoUnionID bool `yaml:"no-unionid"` // the server learns no unionid
	// PortalRefund is what somebody refunds in the merchant portal as soon as the order is paid, in fen.
	PortalRefund int64         `yaml:"portal-refund"`
	Late         time.Duration `yaml:"late"` // the bank takes so long; the payment counts even if the order was closed meanwhile
}

// ParseScript reads a script in YAML. Unknown keys are errors, and so are keys that mean nothing where the fault strikes.
func ParseScript(text []byte) (Script, error) {
	var script Script
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&script); err != nil {
		return Script{}, fmt.Errorf("wechattest: script: %w", err)
	}
	if err := decoder.Decode(new(Script)); !errors.Is(err, io.EOF) {
		return Script{}, fmt.Errorf("wechattest: script %s: one text is one script, but something follows", script.Name)
	}
	if err := script.validate(); err != nil {
		return Script{}, fmt.Errorf("wechattest: script %s: %w", script.Name, err)
	}
	return script, nil
}

// Scenarios are the scripts that come with this package, one for each known pain that WeChat can cause, by name.
func Scenarios() (map[string]Script, error) {
	scripts := map[string]Script{}
	entries, err := scenarioFiles.ReadDir("scenarios")
	if err != nil {
		return nil, fmt.Errorf("wechattest: scenarios: %w", err)
	}
	for _, entry := range entries {
		text, err := scenarioFiles.ReadFile("scenarios/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("wechattest: scenarios: %w", err)
		}
		script, err := ParseScript(text)
		if err != nil {
			return nil, err
		}
		scripts[script.Name] = script
	}
	return scripts, nil
}

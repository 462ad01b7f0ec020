package wechattest

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"
)

// Option changes a [Simulator] before it starts.
type Option func(*settings)

// settings are what the options collect.
type settings struct {
	clock           Clock
	keyMode         KeyMode
	app             App
	mchID           string
	apiV3Key        string
	notifyTransport http.RoundTripper
	retrySpeed      float64
	strictNotifyURL bool
	orderPaidCode   string
	observers       []func(Exchange)
	stateFile       string
	refundDelay     time.Duration
	account         App
	mobileAppID     string
	billURLLife     time.Duration
	oauthDomain     string
	scripts         []Script
	apiV2Key        string
	portalURL       string
}

func defaultSettings() settings {
	return settings{
		clock:       systemClock{},
		keyMode:     BothKeys,
		app:         App{AppID: "wx7e57000000000001", AppSecret: "7e570000000000000000000000000a01"},
		mchID:       "1673570001",
		apiV3Key:    "wechattest-api-v3-key-0123456789",
		retrySpeed:  1,
		refundDelay: 5 * time.Second,
		account:     App{AppID: "wx7e57000000000002", AppSecret: "7e570000000000000000000000000a01"},
		mobileAppID: "wx7e57000000000003",
		billURLLife: billURLLife,
	}
}

// WithClock sets the time the simulator lives by: a [VirtualClock] for tests, a [SpeedClock] for people. Default: the
// real time.
func WithClock(c Clock) Option { return func(s *settings) { s.clock = c } }

// WithKeyMode says which of its keys WeChat Pay signs with. Default: [BothKeys].
func WithKeyMode(m KeyMode) Option { return func(s *settings) { s.keyMode = m } }

// WithApp sets the mini-program's appid and secret. Default: fixed test values, see [Simulator.App].
func WithApp(appID, secret string) Option {
	return func(s *settings) { s.app = App{AppID: appID, AppSecret: secret} }
}

// WithOfficialAccount sets the official account's appid and secret. Default: fixed test values, see
// [Simulator.OfficialAccount].
func WithOfficialAccount(appID, secret string) Option {
	return func(s *settings) { s.account = App{AppID: appID, AppSecret: secret} }
}

// WithOAuthDomain sets the host that redirect_uri must have (网页授权域名), without scheme or path. Default: any.
func WithOAuthDomain(host string) Option { return func(s *settings) { s.oauthDomain = host } }

// WithMobileApp sets the appid of the merchant's mobile app (移动应用), which App payments name. Default: a fixed test
// value, see [Simulator.MobileAppID].
func WithMobileApp(appID string) Option { return func(s *settings) { s.mobileAppID = appID } }

// WithMerchant sets the merchant number and the APIv3 key (32 bytes). The certificate and key pair stay the fixed
// ones. Default: fixed test values, see [Simulator.Merchant].
func WithMerchant(mchID, apiV3Key string) Option {
	return func(s *settings) { s.mchID, s.apiV3Key = mchID, apiV3Key }
}

// WithNotifyTransport sends payment notices through rt, for instance into a handler in memory. Default: the network.
func WithNotifyTransport(rt http.RoundTripper) Option {
	return func(s *settings) { s.notifyTransport = rt }
}

// WithRetrySpeed divides the waits between notice retries, so that 3600 shortens the timetable's day to 24 seconds.
// Default: 1.
func WithRetrySpeed(factor float64) Option { return func(s *settings) { s.retrySpeed = factor } }

// WithRefundDelay sets how long a refund is PROCESSING before it ends by itself, by the simulator's clock. WeChat takes up
// to five minutes into a balance and some working days into a card. Default: 5 s.
func WithRefundDelay(d time.Duration) Option { return func(s *settings) { s.refundDelay = d } }

// WithBillURLLife sets how long a bill's download_url is good. Default: 5 min, the newer pages' figure; older ones say
// 30 s.
func WithBillURLLife(d time.Duration) Option { return func(s *settings) { s.billURLLife = d } }

// WithStrictNotifyURL accepts only notify_urls that WeChat could reach: https, and neither localhost nor a private
// address. Default: http and local hosts are accepted, since that is where a local WeChat's merchants live.
func WithStrictNotifyURL() Option { return func(s *settings) { s.strictNotifyURL = true } }

// WithOrderPaidCode sets the error code for "the order is paid already" when placing and closing. WeChat's documents
// spell it ORDERPAID, ORDER_PAID and INVALID_REQUEST in different places. Default: INVALID_REQUEST when placing,
// ORDER_PAID when closing.
func WithOrderPaidCode(code string) Option { return func(s *settings) { s.orderPaidCode = code } }

// WithObserver calls f after each request the simulator answered and each notice attempt, with secrets masked. Calls
// may be concurrent; f must be quick, since the answer waits for it. May be given more than once. Default: none.
func WithObserver(f func(Exchange)) Option {
	return func(s *settings) { s.observers = append(s.observers, f) }
}

// WithScript plays a script from the start; see [Simulator.Play]. May be given more than once. Default: no faults.
func WithScript(script Script) Option {
	return func(s *settings) { s.scripts = append(s.scripts, script) }
}

// WithStateFile keeps users, codes, tokens, orders and notices in a JSON file: read when the simulator opens, written
// after changes and when it closes. Notices that were still to be retried go on. Only one simulator at a time may have
// the file; [Open] fails for a second one. Default: memory only.
func WithStateFile(path string) Option { return func(s *settings) { s.stateFile = path } }

// appIDs are the apps that belong to the merchant.
func (s *settings) appIDs() []string {
	return []string{s.app.AppID, s.account.AppID, s.mobileAppID}
}

// validate reports every setting that cannot work.
func (s *settings) validate() error {
	var errs []error
	if len(s.apiV3Key) != 32 {
		errs = append(errs, fmt.Errorf("the APIv3 key has %d bytes, WeChat Pay's have 32", len(s.apiV3Key)))
	}
	if s.mchID == "" || s.app.AppID == "" || s.app.AppSecret == "" || s.account.AppID == "" || s.account.AppSecret == "" {
		errs = append(errs, errors.New("merchant number, appid and app secret must not be empty"))
	}
	finite := func(speed float64) bool { return speed > 0 && !math.IsInf(speed, 1) } // NaN is neither
	if c, is := s.clock.(*SpeedClock); is && !finite(c.speed) {
		errs = append(errs, fmt.Errorf("the speed of the clock must be positive and finite, not %v", c.speed))
	}
	if !finite(s.retrySpeed) {
		errs = append(errs, fmt.Errorf("the retry speed must be positive and finite, not %v", s.retrySpeed))
	}
	if s.refundDelay < 0 {
		errs = append(errs, fmt.Errorf("a refund cannot take %v", s.refundDelay))
	}
	return errors.Join(errs...)
}

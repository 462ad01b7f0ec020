package plugintest

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"wgink.ink/wechat/plugins/sdk"
)

// Option changes how the handler is run.
type Option func(t testing.TB, s *settings)

type settings struct {
	config      []byte
	values      map[string]any // the same, for Process
	secrets     map[string]string
	granted     []string // nil: all
	fake        *FakeHost
	state       func() any
	once        bool
	timeout     time.Duration
	concurrency int
	samples     samples
	heed        time.Duration // in which a handler whose context has ended should return
}

const heedLimit = 5 * time.Second

func newSettings(t testing.TB, opts []Option) settings {
	t.Helper()
	s := settings{fake: &FakeHost{}, samples: defaultSamples(), heed: heedLimit}
	for _, opt := range opts {
		opt(t, &s)
	}
	return s
}

// Config is the plugin's configuration, as under plugins.enabled.<id>.config in the host's file: a map, or a struct with
// json tags. Without it there is none.
func Config(config any) Option {
	return func(t testing.TB, s *settings) {
		t.Helper()
		text, err := json.Marshal(config)
		if err != nil {
			t.Fatalf("plugintest: config: %v", err)
		}
		s.config, s.values = text, nil
		if err := json.Unmarshal(text, &s.values); err != nil {
			t.Fatalf("plugintest: config is no JSON object: %v", err)
		}
	}
}

// Secrets are the plugin's secrets by name. Without it there are none.
func Secrets(secrets map[string]string) Option {
	return func(_ testing.TB, s *settings) { s.secrets = maps.Clone(secrets) }
}

// Host answers the handler's host calls. Without it there are no orders and no users.
func Host(fake *FakeHost) Option { return func(_ testing.TB, s *settings) { s.fake = fake } }

// Grant gives the plugin these permissions only, none when none is named. Without it, it has all.
func Grant(permissions ...string) Option {
	return func(_ testing.TB, s *settings) { s.granted = append([]string{}, permissions...) }
}

// State lets the test see effects it does not know of: rows in the plugin's database, parcels that a fake warehouse
// shipped. state returns what is there now; when a repeated event changes it, the test fails. Without it only calls of
// the host are compared.
func State(state func() any) Option { return func(_ testing.TB, s *settings) { s.state = state } }

// Once delivers every event once, for tests of what happens between two deliveries. Without it every event comes twice.
func Once() Option { return func(_ testing.TB, s *settings) { s.once = true } }

// Limits are the time for one event and how many events the handler gets at once. Without it, or where zero: those of a
// manifest that names none.
func Limits(timeout time.Duration, concurrency int) Option {
	return func(_ testing.TB, s *settings) { s.timeout, s.concurrency = timeout, concurrency }
}

// SamplePayment is a payment this plugin is content with, for Run. Without it: Payment.
func SamplePayment(n sdk.PaymentNotice) Option {
	return func(_ testing.TB, s *settings) { s.samples.payment = n }
}

// SampleRefund is a refund this plugin is content with, for Run. Without it: Refund.
func SampleRefund(n sdk.RefundNotice) Option {
	return func(_ testing.TB, s *settings) { s.samples.refund = n }
}

// SampleUser is a user event this plugin is content with, for Run. Without it: User.
func SampleUser(e sdk.UserEvent) Option {
	return func(_ testing.TB, s *settings) { s.samples.user = e }
}

// SampleNotice is a notice this plugin is content with, for Run. Without it: Notice.
func SampleNotice(n sdk.Notice) Option {
	return func(_ testing.TB, s *settings) { s.samples.notice = n }
}

package plugintest

import (
	"slices"
	"testing"

	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/plugins/sdk"
)

// Run checks what every plugin must withstand, with a sample of each kind of event the handler has a method for: the event
// repeated, replayed and given twice at once, a caller that gives up in the middle, many events at once, fields that WeChat
// adds, and notices with hardly anything in them. The handler is started once. Run tests with the race detector.
//
// A handler that is an sdk.ShadowHandler must keep what that promises.
//
// What a plugin does with good events is its own tests' matter; but give Run samples it is content with (SamplePayment and
// so on), and State, without which effects outside the host go unseen.
func Run(t *testing.T, handler any, opts ...Option) {
	h := New(t, handler, opts...)
	for _, s := range h.set.samples.all() {
		if !h.handles(s.event.Type) {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			for _, c := range checks(handler) {
				t.Run(c.name, func(t *testing.T) { c.run(h.in(t), s) })
			}
		})
	}
}

// in is the harness for a subtest.
func (h *Harness) in(t testing.TB) *Harness {
	t.Helper()
	c := *h
	c.t = t
	return &c
}

// samples are events the plugin is content with.
type samples struct {
	payment sdk.PaymentNotice
	refund  sdk.RefundNotice
	user    sdk.UserEvent
	notice  sdk.Notice
}

func defaultSamples() samples {
	return samples{payment: Payment(), refund: Refund(), user: User(), notice: Notice()}
}

// sample is one of them, and how to make others like it.
type sample struct {
	name  string
	event host.Event
}

func (s samples) all() []sample {
	return []sample{
		{"Payment", paymentEvent(s.payment)},
		{"Refund", refundEvent(s.refund)},
		{"User", userEvent(s.user)},
		{"Notice", noticeEvent(s.notice)},
	}
}

// called is the same event under another id: for the plugin, one that it never saw.
func (s sample) called(id string) host.Event {
	ev := s.event
	ev.ID += "|" + id
	ev.Payload = slices.Clone(ev.Payload)
	return ev
}

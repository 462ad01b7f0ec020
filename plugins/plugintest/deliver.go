package plugintest

import (
	"fmt"
	"reflect"
	"slices"

	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/plugins/sdk"
)

// Pay hands over a payment. What the test leaves out of n.Delivery is filled in; see Payment for a whole sample.
func (h *Harness) Pay(n sdk.PaymentNotice) Outcome {
	h.t.Helper()
	return h.hand(paymentEvent(n))
}

// Refund hands over a refund; the event type follows RefundStatus.
func (h *Harness) Refund(n sdk.RefundNotice) Outcome {
	h.t.Helper()
	return h.hand(refundEvent(n))
}

// User hands over a user event; without an EventType it is user.created.
func (h *Harness) User(e sdk.UserEvent) Outcome {
	h.t.Helper()
	return h.hand(userEvent(e))
}

// Notice hands over an event that has no type of its own; the event type follows WeChatType.
func (h *Harness) Notice(n sdk.Notice) Outcome {
	h.t.Helper()
	return h.hand(noticeEvent(n))
}

// hand delivers the event twice, unless Once is set, and returns the first outcome.
func (h *Harness) hand(ev host.Event) Outcome {
	h.t.Helper()
	before := h.seen()
	first := h.deliver(h.t.Context(), ev)
	if h.set.once {
		return first
	}
	between := h.seen()
	ev.Attempt++
	second := h.deliver(h.t.Context(), ev)
	for _, problem := range differences(first, second, before, between, h.seen()) {
		h.t.Errorf("plugintest: %s %s: %s", ev.Type, ev.ID, problem)
	}
	return first
}

// seen is what a test can see of a handler's effects.
type seen struct {
	effects []string // of the fake host, from its beginning
	state   any
}

func (h *Harness) seen() seen {
	s := seen{effects: h.set.fake.Effects()}
	if h.set.state != nil {
		s.state = h.set.state()
	}
	return s
}

// differences tells how the second delivery of an event was not a mere repetition.
func differences(first, second Outcome, before, between, after seen) (problems []string) {
	if first.Result != second.Result {
		problems = append(problems, fmt.Sprintf("the first delivery was %s, the second is %s: tell the same of an event each "+
			"time, or test with plugintest.Once", tell(first), tell(second)))
	}
	was, again := between.effects[len(before.effects):], after.effects[len(between.effects):]
	if extra := without(again, was); len(extra) > 0 && (first.Result == Done || len(without(was, again)) > 0) {
		problems = append(problems, fmt.Sprintf("the second delivery had another effect on the host: first %q, then %q", was, again))
	}
	if first.Result == Done && !reflect.DeepEqual(between.state, after.state) {
		problems = append(problems, fmt.Sprintf("the second delivery had an effect of its own: after the first the state was %+v, "+
			"after the second it is %+v; make the effect depend on the event's id", between.state, after.state))
	}
	return problems
}

func tell(o Outcome) string {
	if o.Message == "" {
		return o.Result.String()
	}
	return o.Result.String() + " (" + o.Code + ": " + o.Message + ")"
}

// without lists what is in a and not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

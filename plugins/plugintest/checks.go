package plugintest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/plugins/sdk"
)

const (
	atOnce  = 8                    // events given at the same time
	giveUp  = 2 * time.Millisecond // after which the caller leaves; some handlers are through by then, and that is fine
	oddText = 32 << 10             // longer than any text WeChat sends
)

// check is one thing that every plugin must withstand.
type check struct {
	name string
	run  func(h *Harness, s sample)
}

func checks(handler any) []check {
	all := []check{
		{"Repeated", repeated}, {"Replayed", replayed}, {"GivenTwiceAtOnce", givenTwiceAtOnce}, {"CallerGivesUp", callerGivesUp},
		{"ManyAtOnce", manyAtOnce}, {"NewFields", newFields}, {"OddNotices", oddNotices},
	}
	if _, declared := handler.(sdk.ShadowHandler); declared {
		all = append(all, check{"InTheShadow", inTheShadow})
	}
	return all
}

// repeated: the second time tells the same and does nothing.
func repeated(h *Harness, s sample) {
	h.t.Helper()
	h.set.once = false
	h.sound(h.hand(s.called("repeated")))
}

// replayed: an operator hands over once more what was done.
func replayed(h *Harness, s sample) {
	h.t.Helper()
	ev := s.called("replayed")
	first := h.sound(h.deliver(h.t.Context(), ev))
	ev.Replay = true
	h.mustRepeat(first, ev)
}

// givenTwiceAtOnce: as when two hosts take each other for dead. One may be told to come back.
func givenTwiceAtOnce(h *Harness, s sample) {
	h.t.Helper()
	ev := s.called("at once")
	outcomes := h.atOnce([]host.Event{ev, ev})
	h.sound(outcomes[0])
	h.sound(outcomes[1])
	last := h.settled(ev)
	for _, out := range outcomes {
		if out.Result != last.Result && out.Result != NotReady && !stillRunning(out) {
			h.t.Errorf("plugintest: of two deliveries at once one was %s, and a later one %s", tell(out), tell(last))
		}
	}
	h.mustRepeat(last, ev)
}

// callerGivesUp: the host leaves in the middle, and hands the event over again later.
func callerGivesUp(h *Harness, s sample) {
	h.t.Helper()
	ev := s.called("given up")
	usual := h.sound(h.deliver(h.t.Context(), s.called("not given up")))
	ctx, cancel := context.WithTimeout(h.t.Context(), giveUp)
	defer cancel()
	if out := h.deliver(ctx, ev); out.Code == "panic" {
		h.sound(out)
	}
	last := h.settled(ev)
	if last.Result != usual.Result {
		h.t.Errorf("plugintest: an event whose first delivery was given up is %s, others are %s", tell(last), tell(usual))
	}
	h.mustRepeat(last, ev)
}

// manyAtOnce: events of different subjects at the same time; the race detector looks on.
func manyAtOnce(h *Harness, s sample) {
	h.t.Helper()
	var events []host.Event
	for i := range atOnce {
		ev := s.called(fmt.Sprint("many ", i))
		ev.Subject = fmt.Sprint(ev.Subject, "-", i)
		events = append(events, ev)
	}
	for i, out := range h.atOnce(events) {
		h.sound(out)
		if out.Result == NotReady {
			out = h.settled(events[i])
		}
		h.mustRepeat(out, events[i])
	}
}

// newFields: WeChat adds fields without asking.
func newFields(h *Harness, s sample) {
	h.t.Helper()
	usual := h.sound(h.deliver(h.t.Context(), s.called("without new fields")))
	ev := s.called("with new fields")
	var fields map[string]any
	if json.Unmarshal(ev.Payload, &fields) != nil {
		return // a sample that is no JSON object
	}
	fields["a_field_of_tomorrow"] = map[string]any{"deep": []any{1, "two", nil}}
	if amount, ok := fields["amount"].(map[string]any); ok {
		amount["settlement_of_tomorrow"] = 1
	}
	ev.Payload = mustJSON(fields)
	if out := h.sound(h.deliver(h.t.Context(), ev)); out.Result != usual.Result {
		h.t.Errorf("plugintest: with fields that WeChat may add, the event is %s; without, %s", tell(out), tell(usual))
	}
}

// oddNotices: hardly anything in it, or too much. Any outcome will do, but no panic and no endless work.
func oddNotices(h *Harness, s sample) {
	h.t.Helper()
	for i, payload := range []string{
		`{}`, `{"amount":null,"payer":null}`, `{"amount":{"total":-1,"refund":-1}}`, `{"out_trade_no":"","openid":""}`,
		`{"attach":"` + strings.Repeat("长", oddText/3) + `","nickname":"` + strings.Repeat("长", oddText/3) + `"}`,
		`{"trade_state":"STATE_OF_TOMORROW","refund_status":"STATE_OF_TOMORROW"}`,
	} {
		ev := s.called(fmt.Sprint("odd ", i))
		ev.Payload = []byte(payload)
		h.mustRepeat(h.sound(h.deliver(h.t.Context(), ev)), ev)
	}
}

// inTheShadow: the outcome is the usual one, and nothing happens. What goes through the host is no matter: a real one only
// notes it.
func inTheShadow(h *Harness, s sample) {
	h.t.Helper()
	usual := h.sound(h.deliver(h.t.Context(), s.called("not in the shadow")))
	before, ev := h.seen().state, s.called("in the shadow")
	ev.Shadow = true
	if out := h.sound(h.deliver(h.t.Context(), ev)); out.Result != usual.Result {
		h.t.Errorf("plugintest: in the shadow the event is %s; usually, %s", tell(out), tell(usual))
	}
	if after := h.seen().state; !reflect.DeepEqual(before, after) {
		h.t.Errorf("plugintest: an event in the shadow had an effect of its own: before the state was %+v, after it is %+v; "+
			"return before the effect when Shadow is true, or declare no HonoursShadow", before, after)
	}
}

// sound reports what no plugin may do with any event.
func (h *Harness) sound(out Outcome) Outcome {
	h.t.Helper()
	switch out.Code {
	case "panic", "deadline", "unimplemented", "too-large":
		h.t.Errorf("plugintest: the handler came to %s: %s", out.Code, tell(out))
	}
	return out
}

// mustRepeat delivers an event that was delivered before: the outcome must be the same, and nothing may happen.
func (h *Harness) mustRepeat(first Outcome, ev host.Event) {
	h.t.Helper()
	before, between := seen{}, h.seen()
	if first.Result != Done {
		before.effects = between.effects // what did not succeed may be tried again
	}
	ev.Attempt++
	second := h.sound(h.deliver(h.t.Context(), ev))
	for _, problem := range differences(first, second, before, between, h.seen()) {
		h.t.Errorf("plugintest: %s %s: %s", ev.Type, ev.ID, problem)
	}
}

// settled delivers an event until its earlier handlers have ended.
func (h *Harness) settled(ev host.Event) Outcome {
	h.t.Helper()
	limit := time.Now().Add(h.set.heed)
	for {
		out := h.deliver(h.t.Context(), ev)
		switch {
		case !stillRunning(out) && out.Result != NotReady && out.Code != "deadline":
			return h.sound(out)
		case time.Now().After(limit):
			h.t.Errorf("plugintest: a handler goes on %v after its context has ended: pass ctx on to everything that waits", h.set.heed)
			return out
		}
		time.Sleep(giveUp)
	}
}

// atOnce delivers events side by side.
func (h *Harness) atOnce(events []host.Event) []Outcome {
	outcomes := make([]Outcome, len(events))
	var all sync.WaitGroup
	for i, ev := range events {
		all.Go(func() { outcomes[i] = h.deliver(h.t.Context(), ev) })
	}
	all.Wait()
	return outcomes
}

// stillRunning is what the SDK says of an event whose earlier handler has not ended.
func stillRunning(out Outcome) bool {
	return out.Result == Retry && strings.HasPrefix(out.Message, "still running")
}

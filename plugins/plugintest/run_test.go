package plugintest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/plugins/sdk"
)

// counter is a handler as it should be, and with one fault each as it should not.
type counter struct {
	fault string

	mu      sync.Mutex
	counted map[string]int // by event
	release chan struct{}
}

func newCounter(fault string) *counter {
	return &counter{fault: fault, counted: map[string]int{}, release: make(chan struct{})}
}

func (c *counter) state() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.counted)
}

// HonoursShadow is what OnPayment does.
func (c *counter) HonoursShadow() {}

func (c *counter) OnPayment(_ context.Context, n *sdk.PaymentNotice) error {
	switch {
	case c.fault == "panics" && n.OutTradeNo == "":
		panic("no order number")
	case c.fault == "refuses replays" && n.Replay:
		return sdk.Reject("seen before")
	case c.fault == "refuses repetitions" && n.Attempt > 1:
		return sdk.Reject("seen before")
	case c.fault == "strict":
		strict := json.NewDecoder(bytes.NewReader(n.RawJSON))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&struct{ Mchid, Appid, Bank_type, Currency, Out_trade_no, Success_time, Trade_state, Trade_state_desc, Trade_type, Transaction_id, Amount, Payer any }{}); err != nil {
			return err
		}
	case c.fault == "deaf" && strings.HasSuffix(n.EventID, "|given up"):
		<-c.release
	}
	if n.Shadow && c.fault != "acts in the shadow" {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counted[n.EventID] == 0 || c.fault == "counts each delivery" || c.fault == "counts each replay" && n.Replay {
		c.counted[n.EventID]++
	}
	return nil
}

func (c *counter) OnNotice(context.Context, *sdk.Notice) error { return errors.New("never ready") }

func TestRunPassesGoodHandlers(t *testing.T) {
	t.Parallel()
	c := newCounter("")
	Run(t, c, State(c.state))
}

// The negative controls: each fault is found by the check that is there for it.
func TestRunFindsFaults(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]struct{ check, report string }{
		"counts each delivery": {"Repeated", "had an effect of its own"},
		"counts each replay":   {"Replayed", "had an effect of its own"},
		"acts in the shadow":   {"InTheShadow", "an event in the shadow had an effect of its own"},
		"refuses replays":      {"Replayed", "the second is reject"},
		"refuses repetitions":  {"ManyAtOnce", "the second is reject"},
		"strict":               {"NewFields", "with fields that WeChat may add"},
		"panics":               {"OddNotices", "handler panicked: no order number"},
		"deaf":                 {"CallerGivesUp", "after its context has ended"},
		"":                     {"Repeated", ""},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			c, f := newCounter(fault), &failures{TB: t}
			// Whichever delivery reaches a deaf handler first, it keeps the event; on a busy machine that is not the one given up.
			h := New(t, c, State(c.state), Limits(map[bool]time.Duration{true: time.Second}[fault == "deaf"], 0))
			t.Cleanup(func() { close(c.release) })
			h.set.heed = 50 * time.Millisecond
			for _, k := range checks(&counter{}) {
				if k.name == want.check {
					k.run(h.in(f), sample{"Payment", paymentEvent(Payment())})
				}
			}
			if want.report == "" {
				require.Empty(t, f.reports)
			} else {
				require.Contains(t, strings.Join(f.reports, "\n"), want.report)
			}
		})
	}
}

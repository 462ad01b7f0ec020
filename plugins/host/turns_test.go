//go:build unix

package host

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

// While a canary is tried the queue hands over more than the stable version takes: the surplus waits for a slot, and for
// nothing else.
func TestSurplusWaitsItsTurn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		meanwhile func(t *testing.T, h *Host, finish, giveUp func())
		reached   bool
	}{
		"SlotIsFree":   {func(_ *testing.T, _ *Host, finish, _ func()) { finish() }, true},
		"CallerLeaves": {func(_ *testing.T, _ *Host, _, giveUp func()) { giveUp() }, false},
		"PluginEnds": {func(t *testing.T, h *Host, _, _ func()) {
			t.Helper()
			require.NoError(t, syscall.Kill(h.List()[0].PID, syscall.SIGKILL))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			s.tryOut(t, nil)
			s.timeout(t, "fulfil", "1.4.0")
			s.set("fulfil", func(p *config.Plugin) { p.Limits.Concurrency = 1 })
			h := s.ready(t)
			awaitCanary(t, h)
			_, stable := parted(h, 2, "wait")
			first, finish := context.WithCancel(t.Context())
			defer finish()
			ended := make(chan Outcome, 2)
			go func() { ended <- h.Deliver(first, "fulfil", stable[0]) }()
			s.log.await(t, "entered")
			second, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			surplus := make(chan Outcome, 1)
			stable[1].Payload = []byte(`{"do":"nothing"}`)
			go func() { surplus <- h.Deliver(second, "fulfil", stable[1]) }()
			waiting := func() int {
				plugin := h.roster()["fulfil"]
				plugin.mu.Lock()
				defer plugin.mu.Unlock()
				return len(plugin.turns.waiting)
			}
			require.Eventually(t, func() bool { return waiting() == 1 }, testLimit, time.Millisecond)
			tc.meanwhile(t, h, finish, giveUp)
			out := <-surplus
			require.Equal(t, tc.reached, out.Version != "", "%+v", out) // the plugin may still count the first, and be busy
			require.Zero(t, waiting())
			finish()
			<-ended
		})
	}
}

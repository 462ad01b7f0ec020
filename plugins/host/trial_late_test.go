//go:build unix

package host

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

// parted makes as many events as wanted that are the canary's, and as many that are the stable version's.
func parted(h *Host, want int, what string) (tried, stable []Event) {
	tp := h.roster()["fulfil"].trying().plan
	for n := 0; len(tried) < want || len(stable) < want; n++ {
		switch ev := event(fmt.Sprint("p", n), what); {
		case tp.takes(ev):
			tried = append(tried, ev)
		default:
			stable = append(stable, ev)
		}
	}
	return tried[:want], stable[:want]
}

// A handler of the canary that ends soon after its time limit does not keep its event from the stable version, although
// the canary lives on: the host asks. The health checks are too far apart to help.
func TestLateEventOfALivingCanary(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	stable, _ := s.tryOut(t, func(c *config.Canary) { c.Share = 99 })
	s.limits.healthEvery = time.Hour
	s.set("fulfil", func(p *config.Plugin) { p.Limits.Timeout = 200 * time.Millisecond })
	h := s.ready(t)
	awaitCanary(t, h)
	late, _ := parted(h, 1, "finish") // takes 300 ms
	require.Equal(t, "deadline", h.Deliver(t.Context(), "fulfil", late[0]).Code)
	again := event(late[0].ID, "count")
	again.Attempt = 2
	var out Outcome
	require.Eventually(t, func() bool {
		out = h.Deliver(t.Context(), "fulfil", again)
		return out.Code != "busy"
	}, testLimit, time.Millisecond)
	require.Equal(t, Done, out.Result)
	require.Equal(t, map[string]int{late[0].ID: 1}, effects(t, stable))
	require.Equal(t, CanaryShare, h.List()[0].Canary.State)
}

// A canary whose handler ignores its time limit takes one event at a time, and is rolled back instead of being replaced.
// The event waits as long as its handler may run, and not longer.
func TestStuckCanary(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	stable, _ := s.tryOut(t, func(c *config.Canary) { c.Share, c.MinEvents = 50, 1000 })
	s.limits.healthEvery = 50 * time.Millisecond
	s.set("fulfil", func(p *config.Plugin) { p.Limits.Timeout = 2 * time.Second })
	h := s.ready(t)
	awaitCanary(t, h)
	require.Equal(t, 4+2, h.Slots("fulfil"))
	stuck, others := parted(h, 1, "hang")
	require.Equal(t, "deadline", h.Deliver(t.Context(), "fulfil", stuck[0]).Code)
	await(t, h, func(i Info) bool { return i.Canary.Process.State == Degraded })
	require.Equal(t, 4+1, h.Slots("fulfil"))
	others[0].Payload = []byte(`{"do":"count"}`)
	require.Equal(t, Done, h.Deliver(t.Context(), "fulfil", others[0]).Result)
	again := event(stuck[0].ID, "count")
	again.Attempt = 2
	require.Equal(t, "busy", h.Deliver(t.Context(), "fulfil", again).Code)
	i := awaitRollBack(t, h)
	require.Contains(t, i.Canary.Reason, "its process would have to be replaced: stuck")
	require.Equal(t, Done, h.Deliver(t.Context(), "fulfil", again).Result)
	require.Equal(t, map[string]int{others[0].ID: 1, again.ID: 1}, effects(t, stable))
	require.Equal(t, 1, h.List()[0].Starts)
}

// What a canary has in hand is finished when another takes its place.
func TestReloadWithACanaryAtWork(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.tryOut(t, func(c *config.Canary) { c.Share = 50 })
	h := s.ready(t)
	before := awaitCanary(t, h)
	tried, _ := parted(h, 2, "finish")
	ended := make(chan Outcome, len(tried))
	for _, ev := range tried {
		go func() { ended <- h.Deliver(t.Context(), "fulfil", ev) }()
	}
	require.Eventually(t, func() bool { return h.List()[0].Canary.Process.Running == len(tried) }, testLimit, time.Millisecond)
	require.NoError(t, h.Reload(t.Context(), "fulfil"))
	for range tried {
		require.Equal(t, Outcome{Result: Done, Version: "1.5.0"}, <-ended)
	}
	after := awaitCanary(t, h)
	require.NotEqual(t, before.Canary.Process.PID, after.Canary.Process.PID)
	requireGone(t, before.Canary.Process.PID)
	require.Zero(t, after.Canary.Tried.Errors)
}

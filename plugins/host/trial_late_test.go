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

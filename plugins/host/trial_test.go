//go:build unix

package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/lanetest"
	"wgink.ink/wechat/plugins/internal/wire"
)

// tryOut gives fulfil a canary 1.5.0, which counts in a ledger of its own. change may make it a bad one.
func (s *scene) tryOut(t *testing.T, change func(c *config.Canary)) (stable, tried string) {
	t.Helper()
	stable, tried = filepath.Join(s.base, "ledger"), filepath.Join(s.base, "ledger-1.5.0")
	s.release(t, "fulfil", "1.5.0", "v1.5.0", allEvents)
	s.set("fulfil", func(p *config.Plugin) {
		p.Config = map[string]any{"ledger": stable}
		p.Canary = config.Canary{Version: "1.5.0", Share: 30, Config: map[string]any{"ledger": tried}}
		if change != nil {
			change(&p.Canary)
		}
	})
	return stable, tried
}

// timeout gives events a minute in these versions, longer than a test waits.
func (s *scene) timeout(t *testing.T, id string, versions ...string) {
	t.Helper()
	for _, version := range versions {
		file := filepath.Join(s.cfg.Dir, id, version, ManifestName)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), "timeout: 5s", "timeout: 1m", 1)), 0o644))
	}
}

// awaitCanary waits until the canary is ready to take events.
func awaitCanary(t *testing.T, h *Host) Info {
	t.Helper()
	return await(t, h, func(i Info) bool {
		return i.Canary != nil && i.Canary.State == CanaryShare && i.Canary.Process != nil && i.Canary.Process.State == Ready
	})
}

func awaitRollBack(t *testing.T, h *Host) Info {
	t.Helper()
	return await(t, h, func(i Info) bool {
		return i.Canary.State == CanaryRolledBack && (i.Canary.Process == nil || i.Canary.Process.State == Stopped)
	})
}

func TestShareIsStableAndRight(t *testing.T) {
	t.Parallel()
	handles := Manifest{Handles: []wire.Pattern{"test"}}
	for _, share := range []int{1, 10, 50, 99} {
		tp := &trialPlan{plan: &plan{id: "fulfil", version: "1.5.0", manifest: handles}, share: share}
		other := &trialPlan{plan: &plan{id: "fulfil", version: "1.6.0", manifest: handles}, share: share}
		taken, both := 0, 0
		const subjects = 20_000
		for i := range subjects {
			ev := Event{ID: fmt.Sprint("a", i), Type: "test", Subject: fmt.Sprint("HD2026112209", i), Attempt: 1}
			again := ev
			again.ID = fmt.Sprint("b", i)
			require.Equal(t, tp.takes(ev), tp.takes(again), "events of one subject stay with one version")
			if tp.takes(ev) {
				taken++
				if other.takes(ev) {
					both++
				}
			}
		}
		require.InDelta(t, float64(share)/100, float64(taken)/subjects, 0.015)
		require.InDelta(t, float64(share*share)/10_000, float64(both)/subjects, 0.015, "another version tries others")

		for i := range 200 {
			ev := event(fmt.Sprint("e", i), "count")
			ev.Attempt = 2
			require.False(t, tp.takes(ev), "a repeat goes to the stable version")
			ev.Attempt, ev.Replay = 1, true
			require.False(t, tp.takes(ev), "a replay goes to the stable version")
			ev.Replay, ev.Type = false, "unknown"
			require.False(t, tp.takes(ev), "so does what the canary does not handle")
		}
	}
}

func TestCanaryTakesItsShare(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	stable, tried := s.tryOut(t, nil)
	h := s.ready(t)
	i := awaitCanary(t, h)
	require.Equal(t, "1.4.0", i.Version)
	require.NotEqual(t, i.PID, i.Canary.Process.PID)

	const events, subjects = 600, 100
	versions := map[string]int{}
	for n := range events {
		ev := event(fmt.Sprintf("%d-%d", n%subjects, n), "count")
		ev.Subject = fmt.Sprint("order", n%subjects)
		out := h.Deliver(t.Context(), "fulfil", ev)
		require.Equal(t, Done, out.Result)
		versions[out.Version]++
	}
	byOld, byNew := effects(t, stable), effects(t, tried)
	require.Equal(t, events, len(byOld)+len(byNew))
	require.Equal(t, map[string]int{"1.4.0": len(byOld), "1.5.0": len(byNew)}, versions)
	newSubjects := map[string]bool{}
	for event, n := range byNew {
		require.Equal(t, 1, n)
		subject, _, _ := strings.Cut(event, "-")
		newSubjects[subject] = true
	}
	for event, n := range byOld {
		require.Equal(t, 1, n)
		subject, _, _ := strings.Cut(event, "-")
		require.False(t, newSubjects[subject], "subject %s is with both versions", subject)
	}
	require.InDelta(t, 30, len(newSubjects), 15)
	i = h.List()[0]
	require.Equal(t, Tally{Events: len(byNew)}, i.Canary.Tried)
	require.Equal(t, Tally{Events: len(byOld)}, i.Canary.Compared)
}

// An event whose handler may still run in the canary does not reach the stable version: neither process knows what runs
// in the other. Once the canary is gone it does.
func TestEventWaitsForTheCanary(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.tryOut(t, func(c *config.Canary) {
		failing("hang", "")(c)
		c.Share, c.MinEvents = 99, 2
	})
	s.set("fulfil", func(p *config.Plugin) { p.Limits.Timeout = 200 * time.Millisecond })
	h := s.ready(t)
	awaitCanary(t, h)
	var taken []Event
	for n := 0; len(taken) < 2; n++ {
		if ev := event(fmt.Sprint("e", n), "count"); h.roster()["fulfil"].trying().plan.takes(ev) {
			taken = append(taken, ev)
		}
	}
	out := h.Deliver(t.Context(), "fulfil", taken[0])
	require.Equal(t, "deadline", out.Code)
	taken[0].Attempt = 2
	out = h.Deliver(t.Context(), "fulfil", taken[0])
	require.Equal(t, NotReady, out.Result)
	require.Equal(t, "busy", out.Code)
	require.Equal(t, "deadline", h.Deliver(t.Context(), "fulfil", taken[1]).Code)
	i := awaitRollBack(t, h)
	require.Regexp(t, "it failed 2 of its last 2 events|stuck", i.Canary.Reason, "whichever is seen first")
	require.Eventually(t, func() bool { return h.Deliver(t.Context(), "fulfil", taken[0]).Result == Done }, testLimit, time.Millisecond)
}

// A canary that was rolled back stays so until somebody asks for another try.
func TestCanaryThroughApplyAndReload(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.tryOut(t, failing("reject-all", "")) // counts nothing, is done with all
	h := s.ready(t)
	first := awaitCanary(t, h)

	require.NoError(t, h.Apply(t.Context(), s.cfg))
	i := awaitCanary(t, h)
	require.Equal(t, first.Canary.Process.PID, i.Canary.Process.PID, "nothing has changed")

	h.roster()["fulfil"].trying().rollBack(errStopped)
	awaitRollBack(t, h)
	require.NoError(t, h.Apply(t.Context(), s.cfg))
	require.Equal(t, CanaryRolledBack, h.List()[0].Canary.State)
	requireGone(t, first.Canary.Process.PID)

	require.NoError(t, h.Reload(t.Context(), "fulfil"))
	i = awaitCanary(t, h)
	require.NotEqual(t, first.PID, i.PID)

	s.set("fulfil", func(p *config.Plugin) { p.Canary.Share = 40 })
	require.NoError(t, h.Apply(t.Context(), s.cfg))
	second := i.Canary.Process.PID
	i = await(t, h, func(i Info) bool {
		return i.Canary.Share == 40 && i.Canary.Process != nil && i.Canary.Process.State == Ready
	})
	requireGone(t, second)
	require.Equal(t, 2, i.Starts, "the stable process is left alone")

	good := s.cfg
	s.set("fulfil", func(p *config.Plugin) { p.Canary = config.Canary{Version: "9.9.9", Share: 1} })
	require.ErrorContains(t, h.Apply(t.Context(), s.cfg), "plugins.enabled.fulfil.canary: ")
	require.Equal(t, i.Canary.Process.PID, h.List()[0].Canary.Process.PID)

	s.cfg = good
	s.set("fulfil", func(p *config.Plugin) { p.Canary = config.Canary{} })
	require.NoError(t, h.Apply(t.Context(), s.cfg))
	require.Nil(t, h.List()[0].Canary)
	requireGone(t, i.Canary.Process.PID)

	s.cfg = good
	require.NoError(t, h.Apply(t.Context(), s.cfg))
	i = awaitCanary(t, h)
	s.cfg.Enabled = map[string]config.Plugin{}
	require.NoError(t, h.Apply(t.Context(), s.cfg))
	requireGone(t, i.Canary.Process.PID)
}

func TestPromotionLosesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	stable, _ := s.tryOut(t, func(c *config.Canary) { c.Config = nil })
	h := s.ready(t)
	stop := load(h, 4)
	i := awaitCanary(t, h)
	s.set("fulfil", func(p *config.Plugin) { p.Version, p.Canary = "1.5.0", config.Canary{} })
	require.NoError(t, h.Apply(t.Context(), s.cfg))
	requireGone(t, i.Canary.Process.PID)
	sent, failures := stop()
	require.Empty(t, failures)
	counts := effects(t, stable)
	require.Len(t, counts, int(sent))
	for event, n := range counts {
		require.Equal(t, 1, n, event)
	}
	after := h.List()[0]
	require.Equal(t, "1.5.0", after.Version)
	require.Nil(t, after.Canary)
}

func TestStopEndsTheCanary(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]map[string]any{
		"Ready": {}, "Starting": {"at_start": "silent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			s.tryOut(t, func(c *config.Canary) { c.Config = settings })
			h := s.ready(t)
			var i Info
			require.Eventually(t, func() bool {
				i = h.List()[0]
				return i.Canary.Process != nil && i.Canary.Process.PID != 0
			}, testLimit, time.Millisecond)
			began := time.Now()
			require.NoError(t, h.Stop(context.Background()))
			require.Less(t, time.Since(began), 5*time.Second+lanetest.Slack())
			requireGone(t, i.Canary.Process.PID)
		})
	}
}

// Without the stable version behind it, what a bad canary fails would be lost: the negative control of the test above.
func TestCanaryAloneWouldLoseEvents(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.tryOut(t, func(c *config.Canary) {
		failing("env", "")(c) // rejects
		c.Share = 99
	})
	h := s.ready(t)
	awaitCanary(t, h)
	tried := h.roster()["fulfil"].trying()
	ev := event("e1", "count")
	for n := 1; !tried.plan.takes(ev); n++ {
		ev.Subject = fmt.Sprint("other", n)
	}
	require.Equal(t, Reject, tried.supervised().deliver(t.Context(), ev).Result, "a dead letter")
	require.Equal(t, Done, h.Deliver(t.Context(), "fulfil", ev).Result)
}

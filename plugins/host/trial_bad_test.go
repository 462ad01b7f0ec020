//go:build unix

package host

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

// A canary that fails, in whatever way, is rolled back by itself: under load no event fails, none has two effects, and
// the stable version's process never notices.
func TestBadCanaryIsRolledBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(c *config.Canary)
		want   string
	}{
		"Rejects":       {failing("env", "7"), "more than 2 percentage points apart"}, // env is a Reject
		"Retries":       {failing("retry", ""), "it failed 50 of its last 50 events (100.0 %)"},
		"Panics":        {failing("panic", "3"), "percentage points apart"},
		"Crashes":       {failing("crash", "5"), "panic: goroutine boom"},
		"Exits":         {failing("exit", "55"), "exit status 3"},
		"ExitsAtStart":  {func(c *config.Canary) { c.Version = "1.6.0" }, "cannot open the ledger"},
		"WrongVersion":  {func(c *config.Canary) { c.Version = "1.7.0" }, `is version "1.4.0", not "1.7.0"`},
		"BadConfig":     {func(c *config.Canary) { c.Config = map[string]any{"erp": 1} }, `unknown key "erp"`},
		"CannotStart":   {func(c *config.Canary) { c.Config = map[string]any{"at_start": "fail"} }, "ledger is down, token ***"},
		"IsBusy":        {func(c *config.Canary) { c.Version = "1.9.0" }, "it failed 50 of its last 50 events"},
		"AnswersEmpty":  {func(c *config.Canary) { c.Version = "1.10.0" }, "it failed 50 of its last 50 events"},
		"IsNotReady":    {func(c *config.Canary) { c.Version, c.MinEvents = "1.11.0", 100_000 }, "says it is not ready: the ledger is away"},
		"StartsSlowly":  {func(c *config.Canary) { c.Config = map[string]any{"at_start": "silent"} }, "configure: no answer within 5s"},
		"Leaks":         {failing("leak", "0"), "its process would have to be replaced: memory"},
		"IsStopped":     {func(*config.Canary) {}, "health was bad 3 times"},
		"LacksHandlers": {func(c *config.Canary) { c.Version = "1.8.0" }, "but its handler has no OnUserEvent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			stable, tried := s.tryOut(t, tc.change)
			s.release(t, "fulfil", "1.6.0", "exit", allEvents)
			s.release(t, "fulfil", "1.7.0", "plugin", allEvents)
			s.release(t, "fulfil", "1.8.0", "payments", allEvents)
			s.release(t, "fulfil", "1.9.0", "busy", `["test"]`)
			s.release(t, "fulfil", "1.10.0", "empty", `["test"]`)
			s.release(t, "fulfil", "1.11.0", "unready", `["test"]`)
			switch name {
			case "IsNotReady", "IsStopped":
				s.limits.healthEvery = 100 * time.Millisecond
				s.timeout(t, "fulfil", "1.4.0", "1.5.0")
			case "StartsSlowly":
				s.limits.configure = 5 * time.Second
			case "Leaks":
				if runtime.GOOS != "linux" {
					t.Skip("memory is read on Linux only")
				}
				s.limits.memoryEvery = 10 * time.Millisecond
				s.timeout(t, "fulfil", "1.4.0", "1.5.0") // the collector struggles
				s.set("fulfil", func(p *config.Plugin) { p.Limits.Memory = "64MiB" })
			}
			h := s.ready(t)
			before := h.List()[0]
			began := time.Now()
			halt := load(h, 4)
			if name == "IsStopped" {
				stop(t, awaitCanary(t, h).Canary.Process.PID)
			}
			i := awaitRollBack(t, h)
			sent, failures := halt()
			t.Logf("%d events in %v until after the roll-back", sent, time.Since(began))

			require.Empty(t, failures)
			require.Contains(t, i.Canary.Reason, tc.want)
			require.NotContains(t, i.Canary.Reason, "c4n4ry")
			require.Equal(t, 1, i.Canary.Process.Starts, "it is not started again")
			require.Equal(t, "fulfil", s.log.await(t, "ALARM: a canary was rolled back")["plugin"])
			counts := effects(t, stable)
			if i.Canary.Tried.Events > i.Canary.Tried.Errors {
				for event, n := range effects(t, tried) {
					counts[event] += n
				}
			}
			require.Len(t, counts, int(sent))
			twice := 0
			for _, n := range counts {
				twice += n - 1
			}
			if slices.Contains([]string{"Crashes", "Exits", "IsStopped"}, name) { // an innocent event's answer can be lost with the process
				require.LessOrEqual(t, twice, 3)
			} else {
				require.Zero(t, twice)
			}
			require.Equal(t, Done, do(t, h, "last", "count").Result)
			after := h.List()[0]
			require.Equal(t, before.PID, after.PID)
			require.Equal(t, 1, after.Starts)
			require.Empty(t, after.Crashes)
			require.Equal(t, CanaryRolledBack, after.Canary.State)
		})
	}
}

// failing makes the canary do something else than count, to events whose id ends so.
func failing(what, on string) func(c *config.Canary) {
	return func(c *config.Canary) { c.Config["fail"], c.Config["fail_on"] = what, on }
}

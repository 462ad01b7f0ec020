package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"wgink.ink/wechat/internal/operate"
)

// canary tells how the version is doing that is tried.
func canary(c *operate.Canary, verbose bool) (lines []string) {
	if c == nil {
		return nil
	}
	sayf := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	sayf("canary %s: %s for %s; of its share of %d %% it failed %d of %d events, the stable version %d of %d meanwhile",
		c.Version, c.State, ago(c.Since), c.Share, c.Tried.Errors, c.Tried.Events, c.Compared.Errors, c.Compared.Events)
	if c.Reason != "" {
		sayf("canary %s was %s: %s", c.Version, strings.ReplaceAll(c.State, "-", " "), harmless(c.Reason))
	}
	if p := c.Process; p != nil {
		sayf("canary %s has process %d, %s for %s, with %d events", c.Version, p.PID, p.State, ago(p.Since), p.Running)
	}
	if s := c.Shadow; s != nil {
		var outcomes []string
		for _, name := range slices.Sorted(maps.Keys(s.Outcomes)) {
			outcomes = append(outcomes, fmt.Sprintf("%d %s", s.Outcomes[name], name))
		}
		over := "over"
		if s.Ended.IsZero() {
			over = "not over"
		}
		sayf("canary %s in the shadow (%s): %d events (%s), %d of them handled before, %d skipped, %d left, %d worse and %d better than before, %d calls noted", c.Version, over,
			s.Events, strings.Join(outcomes, ", "), s.Handled, s.Skipped, s.Left, s.Worse, s.Better, s.Calls)
	}
	if !verbose {
		return lines
	}
	sayf("canary %s is judged by its last events, from %d on, and may fail %d percentage points more than the stable version", c.Version,
		c.MinEvents, c.MaxErrors)
	if s := c.Shadow; s != nil {
		for _, d := range s.Differences {
			sayf("  %s %s: was %s, now %s: %s %s", d.Event, d.Kind, d.Before, d.Now, d.Code, harmless(d.Reason))
		}
		for _, n := range s.Noted {
			sayf("  %s would call %s %s", n.Event, n.Call, harmless(n.Request))
		}
	}
	if p := c.Process; p != nil {
		sayf("canary %s uses memory %s of %s", c.Version, mebibytes(p.Memory), mebibytes(p.MemoryLimit))
		if p.LastError != "" {
			sayf("canary %s last error: %s", c.Version, harmless(p.LastError))
		}
		for _, c := range p.Crashes {
			lines = append(lines, crash(c)...)
		}
	}
	return lines
}

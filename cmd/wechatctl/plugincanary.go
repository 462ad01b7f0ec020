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
	sayf("canary %s: %s for %s, process %d; of its share of %d %% it failed %d of %d events, the stable version %d of %d meanwhile",
		c.Version, c.State, ago(c.Since), c.PID, c.Share, c.Tried.Errors, c.Tried.Events, c.Compared.Errors, c.Compared.Events)
	if c.Reason != "" {
		sayf("canary %s was rolled back: %s", c.Version, harmless(c.Reason))
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
		sayf("canary %s in the shadow (%s): %d events (%s), %d skipped, %d worse and %d better than before, %d calls noted", c.Version, over,
			s.Events, strings.Join(outcomes, ", "), s.Skipped, s.Worse, s.Better, s.Calls)
	}
	if !verbose {
		return lines
	}
	if s := c.Shadow; s != nil {
		for _, d := range s.Differences {
			sayf("  %s %s: was %s, now %s: %s %s", d.Event, d.Kind, d.Before, d.Now, d.Code, harmless(d.Reason))
		}
		for _, n := range s.Noted {
			sayf("  %s would call %s %s", n.Event, n.Call, harmless(n.Request))
		}
	}
	for _, c := range c.Crashes {
		lines = append(lines, crash(c)...)
	}
	return lines
}

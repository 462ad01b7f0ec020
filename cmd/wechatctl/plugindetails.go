package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"wgink.ink/wechat/internal/operate"
)

// details are the lines below the table: what an operator should see, and with verbose everything.
func details(p operate.Plugin, verbose bool) (lines []string) {
	sayf := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if p.State == operate.NotEnabled {
		sayf("its events wait until it is enabled")
		return lines
	}
	if len(p.Granted)+len(p.Withheld) > 0 {
		sayf("may %s; asks for and was not granted: %s", listed(p.Granted), listed(p.Withheld))
	}
	if !p.NextStart.IsZero() {
		sayf("starts again in %s", short(time.Until(p.NextStart)))
	}
	if p.LastError != "" {
		sayf("last error: %s", harmless(p.LastError))
	}
	if s := p.LastSwap; s != nil && s.Error != "" {
		sayf("version %s did not take over %s ago (%s): %s", s.To, ago(s.At), s.Reason, s.Error)
	}
	lines = append(lines, canary(p.Canary, verbose)...)
	if p.Draining > 0 {
		sayf("%d processes that were replaced finish what they have", p.Draining)
	}
	if !verbose || p.State == operate.InProcess {
		return lines
	}
	sayf("handles %s", listed(p.Handles))
	sayf("memory %s of %s, %v for an event, %d at once", mebibytes(p.Memory), mebibytes(p.MemoryLimit), p.Timeout.Duration(), p.Concurrency)
	sayf("hash %s", cmp.Or(p.Hash, "not pinned"))
	if s := p.LastSwap; s != nil && s.Error == "" {
		sayf("%d hot swaps, the last %s ago, from %s to %s (%s)", p.Swaps, ago(s.At), s.From, s.To, s.Reason)
	}
	for _, c := range p.Crashes {
		lines = append(lines, crash(c)...)
	}
	return lines
}

// crash is a report in lines.
func crash(c operate.Crash) (lines []string) {
	head := fmt.Sprintf("ended %s ago: version %s, process %d, ready for %s: %s", ago(c.At), c.Version, c.PID,
		short(c.ReadyFor.Duration()), c.Reason)
	if c.Status != "" {
		head += " (" + c.Status + ")"
	}
	lines = append(lines, head)
	if len(c.Events) > 0 {
		lines = append(lines, "  events in hand: "+strings.Join(c.Events, ", "))
	}
	for _, line := range c.Panic {
		lines = append(lines, "  panic | "+harmless(line))
	}
	for _, line := range c.Output {
		lines = append(lines, "  output | "+harmless(line))
	}
	return lines
}

func mebibytes(n int64) string {
	if n == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

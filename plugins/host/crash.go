package host

import (
	"maps"
	"slices"
	"time"
)

const (
	crashesKept = 5
	crashEvents = 100 // named in one report
)

// Crash reports how a process ended that nobody asked to end.
type Crash struct {
	At       time.Time
	Version  string
	PID      int
	ReadyFor time.Duration // zero when it never became ready
	Reason   string        // what the host saw
	Status   string        // the exit status or signal: "exit status 2", "signal: killed"; empty when it did not end by itself
	Events   []string      // ids of the events it had in hand, at most 100; each of them may be the cause
	Panic    []string      // the first lines of what looks like a Go panic, if any
	Output   []string      // the last 40 lines it printed
}

// crashed keeps a report on a process of ours that has ended, or that we had to kill.
func (s *supervisor) crashed(p *process, readyFor time.Duration, cause error) {
	report := Crash{
		At: time.Now(), Version: p.plan.version, PID: p.runner.pid(), ReadyFor: readyFor, Reason: cause.Error(),
		Status: p.exitStatus(),
	}
	report.Output, report.Panic = p.runner.out.last()
	s.mu.Lock()
	report.Events = p.hand.suspects()
	s.crashes = append([]Crash{report}, s.crashes...)
	if len(s.crashes) > crashesKept {
		s.crashes = slices.Clip(s.crashes[:crashesKept])
	}
	s.mu.Unlock()
}

// suspects are the events that a process had in hand when it ended: those whose calls have not returned yet, and those
// whose calls have, because of the end.
func (h *hand) suspects() []string {
	ids := slices.AppendSeq(slices.Clone(h.crashed), maps.Keys(h.calls))
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(len(ids), crashEvents)]
}

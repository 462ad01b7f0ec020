package host

import (
	"fmt"
	"slices"
	"strings"
)

// panicShown is how many lines of a panic an error has, when they are not among the last ones printed.
const panicShown = 5

// hasExited tells whether the process is gone.
func (p *process) hasExited() bool { return p.awaitExit(0) }

// setUnreachable asks the supervisor for a new process.
func (p *process) setUnreachable() { p.lost.Do(func() { close(p.unreachable) }) }

// setOverdue asks the supervisor to look whether the process lives.
func (p *process) setOverdue() {
	select {
	case p.overdue <- struct{}{}:
	default: // asked already
	}
}

// exitStatus says how the process ended; empty when it runs, never ran, or was killed by our own hand.
func (p *process) exitStatus() string {
	if !p.hasExited() || p.runner.pid() == 0 {
		return ""
	}
	if how := p.runner.cmd.ProcessState.String(); how != "signal: killed" || !p.runner.wasKilled() {
		return how
	}
	return ""
}

// postMortem adds to err how the process ended, unless by our own hand, and what it printed last.
func (p *process) postMortem(err error) error {
	var notes []string
	if how := p.exitStatus(); how != "" {
		notes = append(notes, how)
	}
	tail, head := p.runner.out.last()
	if len(head) > 0 && !slices.Contains(tail, head[0]) {
		notes = append(notes, "it panicked:\n\t"+strings.Join(head[:min(len(head), panicShown)], "\n\t"))
	}
	if len(tail) > 0 {
		notes = append(notes, "it printed last:\n\t"+strings.Join(tail, "\n\t"))
	}
	if len(notes) == 0 {
		return err
	}
	return fmt.Errorf("%w; %s", err, strings.Join(notes, "; "))
}

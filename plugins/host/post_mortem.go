package host

import (
	"fmt"
	"strings"
)

// hasExited tells whether the process is gone.
func (p *process) hasExited() bool { return p.awaitExit(0) }

// setUnreachable asks the supervisor for a new process.
func (p *process) setUnreachable() { p.lost.Do(func() { close(p.unreachable) }) }

// postMortem adds to err how the process ended, unless by our own hand, and what it printed last.
func (p *process) postMortem(err error) error {
	var notes []string
	if p.hasExited() && p.runner.pid() != 0 {
		if how := p.runner.cmd.ProcessState.String(); how != "signal: killed" || !p.runner.wasKilled() {
			notes = append(notes, how)
		}
	}
	if tail := p.runner.out.end(); len(tail) > 0 {
		notes = append(notes, "it printed last:\n\t"+strings.Join(tail, "\n\t"))
	}
	if len(notes) == 0 {
		return err
	}
	return fmt.Errorf("%w; %s", err, strings.Join(notes, "; "))
}

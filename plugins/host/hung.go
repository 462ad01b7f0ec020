package host

import (
	"context"
	"slices"
	"sync"
)

// EndHung is for a host that will stop, and before that waits for the events under way: it asks every process that has
// some whether it lives, and ends what does not answer within a second. A process that is stopped or spins would
// otherwise hold the host up for the whole time limit of an event. Its events come back as not ready. EndHung returns when
// all have answered, or are being ended.
func (h *Host) EndHung(ctx context.Context) {
	var asked sync.WaitGroup
	for _, s := range h.roster() {
		all := []*supervisor{s}
		for _, t := range s.present() { // also one that was rolled back: it may have events still
			if tried := t.supervised(); tried != nil {
				all = append(all, tried)
			}
		}
		for _, one := range all {
			for _, p := range one.busy() {
				asked.Go(func() { p.endHung(ctx) })
			}
		}
	}
	asked.Wait()
}

func (t *trial) supervised() *supervisor {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.supervisor
}

// busy lists the processes that have events under way.
func (s *supervisor) busy() []*process {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.leaving)
	if s.process != nil {
		all = append(all, s.process)
	}
	return slices.DeleteFunc(all, func(p *process) bool { return p.hand.running == 0 })
}

// endHung kills the process unless it answers.
func (p *process) endHung(ctx context.Context) {
	if _, err := p.status(ctx, p.limits.hangCall); err == nil || ctx.Err() != nil || p.hasExited() {
		return
	}
	p.stopping.Store(true) // its events are not to blame
	p.logger.WarnContext(ctx, "plugin does not answer while the host stops, it is killed")
	p.runner.kill()
}

package host

import (
	"slices"
	"time"
)

// acquire takes a free slot of the process that works. It returns why there is none when the plugin takes no work now.
// An event whose handler may still run in a process that was replaced waits until that is gone, because two processes do
// not know of each other's handlers.
func (s *supervisor) acquire(event string) (*process, *Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(event)
}

// take is acquire with mu held.
func (s *supervisor) take(event string) (*process, *Outcome) {
	if s.slots() == 0 || s.full() || s.process.hasExited() {
		return nil, &Outcome{Result: NotReady, Code: "not-ready", Message: "the plugin takes no event now"}
	}
	p := s.process
	for _, old := range s.leaving {
		if old.hand.has(event) {
			return nil, &Outcome{
				Result: NotReady, After: busyAfter, Code: "busy",
				Message: "an earlier hand-over of this event may still run in the process that was replaced",
			}
		}
	}
	p.hand.take(event)
	return p, nil
}

// release gives the slot back.
func (s *supervisor) release(p *process, event string, out Outcome) {
	var until time.Time
	if out.mayRun() {
		until = time.Now().Add(stuckAfter*p.plan.timeout + 2*p.limits.healthEvery) // longer, and it is replaced as stuck
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.hand.give(event, out.Result == Crashed, until)
	s.turns.next()
}

func (s *supervisor) capacity() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	slots := s.slots()
	if slots == 0 {
		return 0
	}
	return max(slots-s.process.hand.running, 0)
}

// slots is how many events may be under way in the present state. mu is held.
func (s *supervisor) slots() int {
	if s.process == nil {
		return 0
	}
	switch s.state {
	case Ready:
		if s.most > 0 {
			return min(s.most, s.process.plan.concurrency)
		}
		return s.process.plan.concurrency
	case Degraded:
		return 1
	default:
		return 0
	}
}

// full tells whether every slot is taken. mu is held.
func (s *supervisor) full() bool {
	slots := s.slots()
	return slots > 0 && s.process.hand.running >= slots
}

// has tells whether the event's handler may run in any of its processes.
func (s *supervisor) has(event string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process != nil && s.process.hand.has(event) ||
		slices.ContainsFunc(s.leaving, func(p *process) bool { return p.hand.has(event) })
}

func (s *supervisor) handles(eventType string) bool { return s.inForce().manifest.handles(eventType) }

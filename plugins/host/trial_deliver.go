package host

import "context"

// deliver hands an event to the canary, if it is one for it. final is false when the stable version shall have it, too:
// the canary was not able to take it, or is through with it and has failed. No event waits for a canary, and none becomes
// a dead letter because of one. A nil trial takes nothing.
func (t *trial) deliver(ctx context.Context, ev Event) (out Outcome, final bool) {
	if t == nil || !t.plan.takes(ev) {
		return Outcome{}, false
	}
	s := t.enter()
	if s == nil {
		return Outcome{}, false
	}
	defer t.leave()
	out = s.deliver(ctx, ev)
	switch {
	case out.Result == Done:
		t.count(true, false)
		return out, true
	case out.Result == NotReady && out.Code != "busy": // the host had a slot: busy is the canary's own word
		return out, out.mayRun() // else it never had it
	}
	if out.Code == "deadline" {
		s.settle(ctx, ev.ID)
	}
	if out.Result != Crashed { // that alone rolls it back, and its supervisor knows more of it
		t.count(true, true)
	}
	t.around.logger.WarnContext(ctx, "canary failed an event, the stable version gets it",
		"plugin", t.plan.plan.id, "event", ev.ID, "result", out.Result.String(), "code", out.Code, "reason", out.Message)
	return out, out.mayRun()
}

// enter counts a hand-over to the supervisor of the process that takes events; nil while none does.
func (t *trial) enter() *supervisor {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != CanaryShare {
		return nil
	}
	t.calls++
	return t.supervisor
}

func (t *trial) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls--
}

// extra is how many events may be on their way besides those that the stable version takes: the canary's places, and what
// is in it still after it was rolled back.
func (t *trial) extra() int {
	t.mu.Lock()
	s, calls := t.supervisor, t.calls
	if t.state != CanaryShare {
		s = nil
	}
	t.mu.Unlock()
	if s == nil {
		return calls
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.slots(), calls)
}

// mayRun tells whether the event's handler may still be running.
func (o Outcome) mayRun() bool {
	switch o.Code {
	case "deadline", "cancelled", "stopping", "unreachable":
		return true
	default:
		return false
	}
}

// compare notes what the stable version made of an event, for comparison. Repeats are not counted, on either side, nor
// are kinds of events that the canary does not get.
func (t *trial) compare(ev Event, out Outcome) {
	if t.plan.couldTake(ev) && !t.plan.takes(ev) && out.Result != NotReady {
		t.count(false, out.Result != Done)
	}
}

// held is the answer while the event's handler may still run in a canary's process: no two processes may have it at once,
// because they do not know of each other's handlers.
func (s *supervisor) held(event string) *Outcome {
	for _, t := range s.present() {
		if t.has(event) {
			return &Outcome{
				Result: NotReady, After: busyAfter, Code: "busy",
				Message: "an earlier hand-over of this event may still run in the canary",
			}
		}
	}
	return nil
}

func (t *trial) has(event string) bool {
	s := t.supervised()
	return s != nil && s.has(event)
}

// settle asks how the handler of an event is that ran past its time limit. One that heeds its context ends a moment
// later; without the question, the event would wait until the longest that a handler may take is over.
func (s *supervisor) settle(ctx context.Context, event string) {
	s.mu.Lock()
	p := s.process
	s.mu.Unlock()
	if p == nil {
		return
	}
	for range 2 {
		if _, err := p.status(ctx, p.limits.hangCall); err != nil || !s.has(event) {
			return
		}
		pause(ctx, p.limits.settle)
	}
	_, _ = p.status(ctx, p.limits.hangCall) // it is told
}

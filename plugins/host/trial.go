package host

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// trial is a canary: another version of a plugin, tried beside the stable one. It has a supervisor of its own, which
// starts one process and no second. A canary that fails in any way is rolled back: it gets no more events, finishes what
// it has and is ended. The stable version never notices.
type trial struct {
	plan   *trialPlan
	stable *supervisor
	around *surroundings // the host's, with a logger that names the canary
	done   chan struct{} // closed when nothing of it is left
	life   life
	end    context.CancelFunc // no more events; drain
	cut    context.CancelFunc // drain no longer

	mu         sync.Mutex
	state      CanaryState
	since      time.Time
	reason     string      // why it was rolled back
	supervisor *supervisor // of its process; nil before the first
	tried      Tally       // its own events
	compared   Tally       // those of the stable version meanwhile
	window     *window     // of both, to judge by
	calls      int         // hand-overs to it
	report     *ShadowReport
}

func newTrial(tp *trialPlan, stable *supervisor) *trial {
	around := *stable.around
	around.logger = around.logger.With("canary", tp.plan.version)
	t := &trial{
		plan: tp, stable: stable, around: &around, done: make(chan struct{}), state: CanaryWaiting, since: time.Now(),
		window: newWindow(tp.minEvents),
	}
	if tp.problem != "" {
		t.state, t.reason = CanaryRejected, tp.problem
	}
	return t
}

// try makes s try tp in place of what it tried before; nil ends that. mu is held, and the host runs.
func (h *Host) try(s *supervisor, tp *trialPlan) {
	var t *trial
	if tp != nil {
		t = newTrial(tp, s)
		work, end := context.WithCancel(s.life.work)
		drain, cut := context.WithCancel(h.all.drain)
		t.life, t.end, t.cut = life{work: work, host: s.life.host, drain: drain}, end, cut
	}
	s.begin(t)
	if t == nil {
		return
	}
	if tp.problem != "" {
		t.cut()
		t.end()
		close(t.done)
		return
	}
	h.runs.Go(func() {
		defer t.cut()
		defer t.end()
		defer close(t.done)
		err := safely(s.logger, "a canary", func() error {
			t.run()
			return nil
		})
		if err != nil {
			t.rollBack(err)
		}
	})
}

// tryAgain is try for a host that may be stopping, unless s is trying the same already and it shall not begin anew.
func (h *Host) tryAgain(s *supervisor, tp *trialPlan, anew bool) {
	defer h.signal()
	h.mu.Lock()
	defer h.mu.Unlock()
	var before *trialPlan
	if t := s.trying(); t != nil {
		before = t.plan
	}
	if h.phase == phaseRunning && (anew || !before.same(tp)) {
		h.try(s, tp)
	}
}

// begin notes what is tried from now on, and ends what was.
func (s *supervisor) begin(t *trial) {
	s.mu.Lock()
	before := s.trial
	s.trial = t
	s.trials = stillThere(s.trials)
	if t != nil {
		s.trials = append(s.trials, t)
	}
	s.mu.Unlock()
	if before != nil {
		before.end()
	}
}

// trying is the present trial, rolled back or not; nil when there is none.
func (s *supervisor) trying() *trial {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trial
}

// present lists every trial of which a process may be left.
func (s *supervisor) present() []*trial {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trials = stillThere(s.trials)
	return s.trials
}

func stillThere(trials []*trial) (left []*trial) {
	for _, t := range trials {
		select {
		case <-t.done:
		default:
			left = append(left, t)
		}
	}
	return left
}

// run tries the version once the stable one works: before that there is nothing to compare it with.
func (t *trial) run() {
	select {
	case <-t.stable.up:
	case <-t.life.work.Done():
		return
	}
	if t.plan.shadow > 0 && !t.runShadow() {
		return
	}
	if t.plan.share == 0 {
		t.mu.Lock()
		verdict := CanaryPassed
		if t.report.Handled == 0 {
			verdict = CanaryUnproven
		}
		t.change(verdict)
		t.mu.Unlock()
		t.around.changed()
		return
	}
	t.newProcess(t.around, CanaryShare).run(t.life)
}

// newProcess is the supervisor of one process of the canary.
func (t *trial) newProcess(around *surroundings, state CanaryState) *supervisor {
	s := newSupervisor(t.plan.plan, around)
	s.giveUp = t.rollBack
	if state == CanaryShare {
		s.most = t.plan.places()
	}
	t.mu.Lock()
	t.supervisor = s
	t.change(state)
	t.mu.Unlock()
	t.around.changed()
	return s
}

// change is called with mu held.
func (t *trial) change(state CanaryState) { t.state, t.since = state, time.Now() }

// rollBack ends the trial for a reason. Only the first reason counts.
func (t *trial) rollBack(why error) {
	t.mu.Lock()
	if t.state == CanaryRolledBack || t.life.work.Err() != nil { // or it was ended for no fault of its own
		t.mu.Unlock()
		return
	}
	t.change(CanaryRolledBack)
	t.reason = why.Error()
	tried, compared := t.tried, t.compared
	t.mu.Unlock()
	t.end()
	t.around.logger.LogAttrs(t.life.work, slog.LevelError, "ALARM: a canary was rolled back, the plugin's stable version has all events again",
		slog.String("plugin", t.plan.plan.id), slog.String("stable", t.stable.inForce().version), slog.Any("error", why),
		slog.Int("events", tried.Events), slog.Int("errors", tried.Errors),
		slog.Int("stable_events", compared.Events), slog.Int("stable_errors", compared.Errors))
	t.around.changed()
}

// count notes what the canary, or the stable version beside it, made of an event that came for the first time, and judges.
func (t *trial) count(canary, failed bool) {
	t.mu.Lock()
	if t.state != CanaryShare {
		t.mu.Unlock()
		return
	}
	var verdict error
	if canary {
		t.tried.add(failed)
		t.window.try(failed)
		verdict = judge(t.window, t.plan)
	} else {
		t.compared.add(failed)
		t.window.compare(failed)
	}
	t.mu.Unlock()
	if verdict != nil {
		t.rollBack(verdict)
	}
}

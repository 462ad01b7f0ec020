package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Past reads the last events that a plugin is through with, at most limit, the oldest first. The host of plugins knows no
// database.
type Past func(ctx context.Context, plugin string, limit int) ([]PastEvent, error)

// PastEvent is an event that a plugin is through with.
type PastEvent struct {
	Event   Event
	Outcome Outcome // Done, or Reject when it is a dead letter
}

// keptInReport bounds the differences and calls that a report names; all are counted.
const keptInReport = 100

// pastLimit bounds the reading of past events.
const pastLimit = 30 * time.Second

// ShadowReport tells what a version made of events of the past, without effects, and how that differs from what became of
// them.
type ShadowReport struct {
	Began, Ended time.Time      // Ended is zero while it goes on, and when it was cut short
	Events       int            // handed over
	Handled      int            // of these, the stable version was done with so many: the verdict is about them
	Left         int            // not handed over, because the verdict could not change any more
	Skipped      int            // of a kind it does not handle
	Outcomes     map[string]int // how many had each Result, by its name
	Worse        int            // the stable version was done with the event, this one is not
	Better       int            // the other way round
	Differences  []Difference   // of Worse and Better, the first hundred
	Calls        int            // of the host that would have changed something
	Noted        []NotedCall    // the first hundred of them
}

// Difference is an event on which two versions do not agree.
type Difference struct {
	EventID, Type string
	Before, Now   Outcome // what became of it; what this version would make of it
}

func (r *ShadowReport) copy() *ShadowReport {
	if r == nil {
		return nil
	}
	c := *r
	c.Outcomes, c.Differences, c.Noted = maps.Clone(r.Outcomes), slices.Clone(r.Differences), slices.Clone(r.Noted)
	return &c
}

// add notes one event.
func (r *ShadowReport) add(past PastEvent, now Outcome) {
	r.Events++
	r.Outcomes[now.Result.String()]++
	was, is := past.Outcome.Result == Done, now.Result == Done
	if was {
		r.Handled++
	}
	switch {
	case was == is:
		return
	case was:
		r.Worse++
	default:
		r.Better++
	}
	if len(r.Differences) < keptInReport {
		r.Differences = append(r.Differences, Difference{
			EventID: past.Event.ID, Type: past.Event.Type, Before: past.Outcome, Now: now,
		})
	}
}

// runShadow hands events of the past to a process of their own, one after the other, and tells whether it withstood. The
// process ends with the run: it never gets an event that counts.
func (t *trial) runShadow() bool {
	around := *t.around
	around.shadow = &notes{}
	work, end := context.WithCancel(t.life.work)
	s := t.newProcess(&around, CanaryShadow)
	var running sync.WaitGroup
	running.Go(func() { s.run(life{work: work, host: t.life.host, drain: t.life.drain}) })
	defer running.Wait()
	defer end()
	select {
	case <-s.up:
	case <-work.Done():
		return false
	}
	past, err := t.readPast(work)
	if err != nil {
		t.rollBack(fmt.Errorf("its shadow run did not begin: %w", err))
		return false
	}
	t.mu.Lock()
	t.report = &ShadowReport{Began: time.Now(), Outcomes: map[string]int{}}
	t.mu.Unlock()
	handled := t.handledOf(past)
	for n, each := range past {
		if !t.hand(work, s, each, around.shadow) {
			return false
		}
		t.mu.Lock()
		lost := t.failedShadow(handled)
		if lost {
			t.report.Left = len(past) - n - 1
		}
		t.mu.Unlock()
		if lost {
			break
		}
	}
	return t.concludeShadow(work, handled)
}

// handledOf counts the events that the verdict will be about: of a kind that it handles, and the stable version was done
// with them.
func (t *trial) handledOf(past []PastEvent) (n int) {
	for _, each := range past {
		if each.Outcome.Result == Done && t.plan.plan.manifest.handles(each.Event.Type) {
			n++
		}
	}
	return n
}

// failedShadow tells whether too many of so many fail already. mu is held.
func (t *trial) failedShadow(handled int) bool { return 100*t.report.Worse > t.plan.maxErrors*handled }

func (t *trial) readPast(ctx context.Context) ([]PastEvent, error) {
	if t.around.past == nil {
		return nil, errors.New("this host keeps no events of the past")
	}
	ctx, cancel := context.WithTimeout(ctx, pastLimit)
	defer cancel()
	return t.around.past(ctx, t.plan.plan.id, t.plan.shadow)
}

// hand hands one past event over. It is false when the run cannot go on.
func (t *trial) hand(work context.Context, s *supervisor, past PastEvent, noted *notes) bool {
	ev := past.Event
	ev.Shadow, ev.Attempt, ev.Replay = true, 1, false
	if !t.plan.plan.manifest.handles(ev.Type) {
		t.mu.Lock()
		t.report.Skipped++
		t.mu.Unlock()
		return true
	}
	out := s.deliver(work, ev)
	if out.Result != Crashed && work.Err() != nil {
		return false
	}
	t.mu.Lock()
	t.report.add(past, out)
	t.report.Noted, t.report.Calls = noted.read()
	t.mu.Unlock()
	if out.Result == Crashed {
		<-work.Done() // its supervisor rolls it back
		return false
	}
	return true
}

// concludeShadow judges a run that came to its end.
func (t *trial) concludeShadow(ctx context.Context, handled int) bool {
	t.mu.Lock()
	t.report.Ended = time.Now()
	r, failed := t.report.copy(), t.failedShadow(handled)
	t.mu.Unlock()
	t.around.logger.LogAttrs(ctx, slog.LevelInfo, "canary's shadow run is over", slog.String("plugin", t.plan.plan.id),
		slog.Int("events", r.Events), slog.Int("handled", r.Handled), slog.Int("left", r.Left), slog.Int("skipped", r.Skipped), slog.Int("worse", r.Worse), slog.Int("better", r.Better),
		slog.Int("calls_noted", r.Calls), slog.Any("outcomes", r.Outcomes))
	for _, d := range r.Differences {
		t.around.logger.LogAttrs(ctx, slog.LevelInfo, "canary differs in its shadow run", slog.String("plugin", t.plan.plan.id),
			slog.String("event", d.EventID), slog.String("type", d.Type), slog.String("before", d.Before.Result.String()),
			slog.String("now", d.Now.Result.String()), slog.String("code", d.Now.Code), slog.String("reason", d.Now.Message))
	}
	if failed {
		t.rollBack(fmt.Errorf("in the shadow it failed %d of %d events that the stable version had handled: more than %d %%",
			r.Worse, handled, t.plan.maxErrors))
		return false
	}
	if r.Handled == 0 {
		t.around.logger.LogAttrs(ctx, slog.LevelWarn, "canary's shadow run proves nothing: the stable version has handled no event "+
			"of the past that the canary handles", slog.String("plugin", t.plan.plan.id), slog.Int("share", t.plan.share))
	}
	return true
}

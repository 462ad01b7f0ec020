package host

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// recoveredAfter is how many good checks in a row make a degraded plugin ready again.
	recoveredAfter = 2
	// stuckAfter times its time limit, and a handler counts as stuck: only a new process helps.
	stuckAfter = 3
)

// watcher looks after the process that works.
type watcher struct {
	*supervisor
	p            *process
	missed, good int        // health checks in a row
	over         int        // readings of its memory in a row
	next         *candidate // nil while no hot swap is under way
	since        time.Time
}

// watch looks after a ready process until it ends, must be ended, or another is ready to take over. Without an error
// that other one takes over from a process that lives. The error says why p works no longer.
func (s *supervisor) watch(ctx context.Context, p *process) (*candidate, error) {
	w := &watcher{supervisor: s, p: p, since: time.Now()}
	defer func() {
		if c := w.next; c != nil {
			s.retiring.Go(func() { s.drop(c) })
		}
	}()
	health := time.NewTicker(s.around.limits.healthEvery)
	defer health.Stop()
	memory := time.NewTicker(s.around.limits.memoryEvery)
	defer memory.Stop()
	for {
		orders := s.orders
		var done chan struct{}
		if w.next != nil { // one at a time
			orders, done = nil, w.next.done
		}
		select {
		case <-ctx.Done():
			return nil, errStopped
		case <-p.runner.exited:
			return w.successor(ctx, errors.New("the process ended by itself"))
		case <-p.unreachable:
			return w.successor(ctx, errors.New("the connection to the process ended; it is killed"))
		case o := <-orders:
			w.next = s.prepare(ctx, o)
		case <-done:
			if c := w.prepared(ctx); c != nil {
				return c, nil
			}
		case <-p.overdue:
			if err := w.hang(ctx); err != nil {
				return w.successor(ctx, err)
			}
		case <-memory.C:
			w.memory(ctx)
		case <-health.C:
			if err := w.health(ctx); err != nil {
				return w.successor(ctx, err)
			}
		}
	}
}

// prepared takes the candidate when it is ready; when it has failed, that is told and p goes on.
func (w *watcher) prepared(ctx context.Context) *candidate {
	c := w.next
	w.next = nil
	if c.err == nil {
		return c
	}
	w.p.logger.ErrorContext(ctx, "plugin was not replaced, the process before goes on", "wanted", c.order.plan.version,
		"reason", c.order.reason, "error", c.err)
	w.noteSwap(c.order, w.p.plan.version, c.err)
	c.order.answer(c.err)
	return nil
}

// successor is called when p has ended or must be: a hot swap that is under way gives the next process.
func (w *watcher) successor(ctx context.Context, cause error) (*candidate, error) {
	if w.next == nil {
		return nil, cause
	}
	w.set(Backoff, cause) // no work meanwhile
	select {
	case <-w.next.done:
		return w.prepared(ctx), cause
	case <-ctx.Done():
		return nil, errStopped
	}
}

// replaceSelf begins a hot swap of the plugin with itself, unless one is under way or was a moment ago.
func (w *watcher) replaceSelf(ctx context.Context, reason string) {
	if w.giveUp != nil {
		w.giveUp(fmt.Errorf("its process would have to be replaced: %s", reason))
		return
	}
	if w.next != nil || time.Now().Before(w.notAgain) {
		return
	}
	wait, _ := w.backoff.next(ending{readyFor: time.Since(w.since)})
	w.notAgain = time.Now().Add(wait)
	w.next = w.prepare(ctx, swapOrder{plan: w.p.plan, reason: reason})
}

// health asks the process how it is. An error means that it must be killed.
func (w *watcher) health(ctx context.Context) error {
	return w.judge(ctx, w.check(ctx, w.around.limits.healthCall))
}

// hang asks a process in which an event has just come to its time limit. A handler may be slow, but a process that does not
// answer at all is stopped or spins, and each further event would cost its whole time limit: it is killed at once.
func (w *watcher) hang(ctx context.Context) error {
	err := w.check(ctx, w.around.limits.hangCall)
	if errors.Is(err, errSilent) && ctx.Err() == nil {
		return fmt.Errorf("an event came to its time limit and the process does not answer, it is killed: %w", err)
	}
	return w.judge(ctx, err)
}

// judge says what a check means. An error means that the process must be killed.
func (w *watcher) judge(ctx context.Context, err error) error {
	late, isLate := errors.AsType[*lateError](err)
	switch {
	case err == nil && w.missed == 0:
	case err == nil:
		if w.good++; w.good == recoveredAfter {
			w.missed = 0
			w.p.logger.InfoContext(ctx, "plugin is healthy again")
			w.set(Ready, nil)
		}
	case ctx.Err() != nil:
	case isLate: // it answers, so it is not killed: its other handlers work
		w.p.logger.WarnContext(ctx, "plugin has a handler that ignores its time limit", "error", err)
		w.good, w.missed = 0, max(w.missed, 1)
		w.set(Degraded, err)
		if late.stuck() {
			w.replaceSelf(ctx, "stuck")
		}
	default:
		w.good, w.missed = 0, w.missed+1
		if w.missed >= w.around.limits.missesMax {
			return fmt.Errorf("health was bad %d times, the process is killed: %w", w.missed, err)
		}
		w.p.logger.WarnContext(ctx, "plugin is not healthy", "missed", w.missed, "error", err)
		w.set(Degraded, err)
	}
	return nil //nolint:nilerr // what is bad, but not hopeless, is in the state
}

// lateError is a handler that ignores its time limit.
type lateError struct{ age, timeout time.Duration }

func (e *lateError) stuck() bool { return e.age > stuckAfter*e.timeout }

func (e *lateError) Error() string {
	if e.stuck() {
		return fmt.Sprintf("a handler has been running for %v, three times its limit of %v", e.age.Round(time.Millisecond), e.timeout)
	}
	return fmt.Sprintf("a handler ignores its limit of %v: it has been running for %v", e.timeout, e.age.Round(time.Millisecond))
}

// check asks the process how it is, and waits so long for its answer.
func (w *watcher) check(ctx context.Context, limit time.Duration) error {
	st, err := w.p.status(ctx, limit)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	timeout := w.p.plan.timeout
	late := &lateError{age: st.GetOldestRunning().AsDuration(), timeout: timeout}
	switch {
	case late.stuck(), late.age > timeout+w.around.limits.healthCall:
		return late
	case !st.GetReady():
		return fmt.Errorf("says it is not ready: %s", w.p.clean(st.GetReason()))
	}
	return nil
}

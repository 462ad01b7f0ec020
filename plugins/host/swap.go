package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// swapOrder asks a supervisor for a hot swap: a process by this plan starts, takes over when it is ready, and the one that
// worked until then drains. When it does not become ready, the other one was never touched.
type swapOrder struct {
	plan   *plan
	reason string
	result chan error // of capacity 1; nil when nobody waits
}

func (o swapOrder) answer(err error) {
	if o.result != nil {
		o.result <- err
	}
}

// Swap tells how a hot swap went.
type Swap struct {
	At       time.Time
	From, To string // versions
	Reason   string // "reload", "configuration", "memory" or "stuck"
	Error    string // why the new process did not take over; empty when it did
}

// order has the supervisor do a hot swap and waits for it.
func (s *supervisor) order(ctx context.Context, p *plan, reason string) error {
	o := swapOrder{plan: p, reason: reason, result: make(chan error, 1)}
	select {
	case s.orders <- o:
	case <-s.done:
		return errStopped
	case <-ctx.Done():
		return fmt.Errorf("plugin %s: the hot swap did not begin: %w", s.id, context.Cause(ctx))
	}
	var err error
	select {
	case err = <-o.result:
	case <-s.done:
		err = errStopped
	case <-ctx.Done():
		return fmt.Errorf("plugin %s: the hot swap goes on, nobody waits for it: %w", s.id, context.Cause(ctx))
	}
	if err != nil {
		return fmt.Errorf("plugin %s: version %s did not take over: %w", s.id, p.version, err)
	}
	return nil
}

// candidate is a process that is being started to take over.
type candidate struct {
	order   swapOrder
	cancel  context.CancelFunc
	done    chan struct{} // closed when process and err are set
	process *process
	err     error
}

// prepare starts a process beside the one that works.
func (s *supervisor) prepare(ctx context.Context, o swapOrder) *candidate {
	ctx, cancel := context.WithCancel(ctx)
	c := &candidate{order: o, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.err = safely(s.logger, "a hot swap", func() (err error) {
			select {
			case s.places <- struct{}{}:
			case <-ctx.Done():
				return errStopped
			}
			defer func() {
				if c.process == nil {
					<-s.places
				}
			}()
			c.process, err = s.bringUp(ctx, o.plan)
			return err
		})
	}()
	return c
}

// drop ends a candidate that will not take over.
func (s *supervisor) drop(c *candidate) {
	c.cancel()
	<-c.done
	if c.process != nil {
		c.process.end(false)
		<-s.places
	}
	c.order.answer(errStopped)
}

// replace lets the candidate work in old's place. cause is why old has ended; nil when it lives and shall drain.
func (s *supervisor) replace(l life, old *process, c *candidate, cause error, readyFor time.Duration) {
	s.takeOver(c.process)
	s.noteSwap(c.order, old.plan.version, nil)
	s.retiring.Go(func() {
		defer func() {
			s.forget(old)
			<-s.places
		}()
		err := safely(s.logger, "ending a replaced process", func() error {
			if cause == nil {
				s.retire(l, old)
				return nil
			}
			old.end(false)
			s.crashed(old, readyFor, cause)
			return nil
		})
		if err != nil {
			old.end(false)
		}
	})
	c.order.answer(nil)
}

// takeOver makes p the process that works; one that worked until now gets no more work. It is the swap of one pointer, in
// one critical section with acquire.
func (s *supervisor) takeOver(p *process) {
	s.mu.Lock()
	if old := s.process; old != nil && old != p {
		s.dismiss(old)
	}
	s.process, s.plan = p, p.plan
	s.change(Ready, nil)
	s.mu.Unlock()
	s.upOnce.Do(func() { close(s.up) })
	s.around.changed()
}

// withdraw keeps p from getting more work.
func (s *supervisor) withdraw(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == p {
		s.process = nil
	}
	s.dismiss(p)
}

// dismiss is called with mu held.
func (s *supervisor) dismiss(p *process) {
	if !slices.Contains(s.leaving, p) {
		s.leaving = append(slices.Clip(s.leaving), p)
	}
	p.hand.leave()
}

// forget is called when nothing of a process is left.
func (s *supervisor) forget(p *process) {
	s.mu.Lock()
	s.leaving = slices.DeleteFunc(slices.Clone(s.leaving), func(each *process) bool { return each == p })
	s.mu.Unlock()
	s.around.changed()
}

// retire lets a process that gets no more work finish what it has, and ends it. Its calls end by their own limit; when
// the host stops, draining has a short limit instead.
func (s *supervisor) retire(l life, p *process) {
	patience := time.NewTimer(p.plan.timeout + p.limits.settle)
	defer patience.Stop()
	select {
	case <-p.hand.idle:
	case <-p.runner.exited:
	case <-patience.C:
	case <-l.host.Done():
	case <-l.drain.Done():
	}
	if p.hasExited() {
		p.end(false)
		cause := errors.New("the process ended by itself while it drained")
		s.crashed(p, 0, cause)
		p.logger.WarnContext(l.host, "plugin ended while it drained", "error", p.postMortem(cause))
		return
	}
	p.stopping.Store(true)
	p.end(p.drain(l.drain))
}

// noteSwap records how a hot swap went.
func (s *supervisor) noteSwap(o swapOrder, from string, err error) {
	swap := Swap{At: time.Now(), From: from, To: o.plan.version, Reason: o.reason}
	if err != nil {
		swap.Error = err.Error()
	}
	s.mu.Lock()
	s.lastSwap = &swap
	if err == nil {
		s.swaps++
	}
	s.mu.Unlock()
	s.around.changed()
}

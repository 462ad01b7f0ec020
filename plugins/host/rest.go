package host

import (
	"context"
	"time"
)

// rest waits, without a process, until the next may start: by time, or by an order. It returns that process, ready to
// take over, or why there is none.
func (s *supervisor) rest(ctx context.Context, end ending, cause error) (*process, error) {
	due := s.lieDown(ctx, end, cause)
	for {
		select {
		case <-ctx.Done():
			return nil, errStopped
		case <-due:
			return s.bringUp(ctx, s.inForce())
		case o := <-s.orders:
			p, err := s.obey(ctx, o)
			if err == nil {
				return p, nil
			}
			if due == nil { // what was in force could not run anyway
				s.mu.Lock()
				s.plan = o.plan
				s.mu.Unlock()
				due = s.lieDown(ctx, ending{}, err)
			}
		}
	}
}

// obey starts a process as ordered while none works.
func (s *supervisor) obey(ctx context.Context, o swapOrder) (*process, error) {
	s.mu.Lock()
	from, state, next := s.plan.version, s.state, s.nextAt
	s.mu.Unlock()
	p, err := s.bringUp(ctx, o.plan)
	s.noteSwap(o, from, err)
	if err == nil {
		s.takeOver(p)
	} else {
		s.set(state, nil)
		s.setNext(next)
	}
	o.answer(err)
	return p, err
}

// lieDown publishes why no process runs. It returns what tells when to start the next; nil when that could not help.
func (s *supervisor) lieDown(ctx context.Context, end ending, cause error) <-chan time.Time {
	if isPermanent(cause) {
		s.logger.ErrorContext(ctx, "plugin cannot run; change what the error says, then reload it or restart the host", "error", cause)
		s.set(Rejected, cause)
		return nil
	}
	wait, alarm := s.backoff.next(end)
	if alarm {
		s.logger.ErrorContext(ctx, "ALARM: a plugin keeps ending; its events wait longer and longer", "exits", len(s.backoff.exits),
			"within", s.backoff.alarmWithin, "error", cause)
	}
	s.logger.WarnContext(ctx, "plugin ended, it will be started again", "error", cause, "wait", wait)
	s.mu.Lock()
	s.alarm = s.backoff.alarmed()
	s.change(Backoff, cause)
	s.nextAt = time.Now().Add(wait)
	s.mu.Unlock()
	s.around.changed()
	return time.After(wait)
}

func (s *supervisor) setNext(at time.Time) {
	s.mu.Lock()
	s.nextAt = at
	s.mu.Unlock()
	s.around.changed()
}

package host

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// recoveredAfter is how many good checks in a row make a degraded plugin ready again.
const recoveredAfter = 2

// watch looks after a ready process until it ends, must be ended, or the host stops. The error says which.
func (s *supervisor) watch(ctx context.Context, p *process) error {
	ticker := time.NewTicker(s.around.limits.healthEvery)
	defer ticker.Stop()
	missed, good := 0, 0
	for {
		select {
		case <-ctx.Done():
			return errStopped
		case <-p.runner.exited:
			return errors.New("the process ended by itself")
		case <-p.unreachable:
			return errors.New("the connection to the process ended; it is killed")
		case <-ticker.C:
		}
		err := s.check(ctx, p)
		if isHopeless(err) {
			return err
		}
		switch {
		case err == nil && missed == 0:
			continue
		case err == nil:
			if good++; good == recoveredAfter {
				missed = 0
				s.logger.InfoContext(ctx, "plugin is healthy again")
				s.set(Ready, nil)
			}
		case ctx.Err() != nil:
			return errStopped
		default:
			good, missed = 0, missed+1
			if missed == s.around.limits.missesMax {
				return fmt.Errorf("health was bad %d times, the process is killed: %w", missed, err)
			}
			s.logger.WarnContext(ctx, "plugin is not healthy", "missed", missed, "error", err)
			s.set(Degraded, err)
		}
	}
}

// stuckError is a handler that runs so long that only a new process helps.
type stuckError struct{ age, timeout time.Duration }

func (e *stuckError) Error() string {
	return fmt.Sprintf("a handler has been running for %v, three times its limit of %v; the process is killed",
		e.age.Round(time.Millisecond), e.timeout)
}

func isHopeless(err error) bool {
	_, ok := errors.AsType[*stuckError](err)
	return ok
}

// check asks the process how it is.
func (s *supervisor) check(ctx context.Context, p *process) error {
	st, err := p.status(ctx)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	switch age := st.GetOldestRunning().AsDuration(); {
	case age > 3*s.plan.timeout:
		return &stuckError{age: age, timeout: s.plan.timeout}
	case age > s.plan.timeout+s.around.limits.healthCall:
		return fmt.Errorf("a handler ignores its time limit: it has been running for %v", age.Round(time.Millisecond))
	case !st.GetReady():
		return fmt.Errorf("says it is not ready: %s", p.clean(st.GetReason()))
	}
	return nil
}

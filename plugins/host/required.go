package host

import (
	"context"
	"errors"
	"fmt"
)

// awaitRequired waits until every required plugin has shown at its first start whether it can run as it is. One that
// cannot is an error; one that fails for a reason that may pass is not.
func (h *Host) awaitRequired(ctx context.Context) error {
	for {
		h.mu.Lock()
		changed, stopping := h.changed, h.phase == phaseStopping
		h.mu.Unlock()
		if stopping {
			return errors.New("plugin host: stopped while it started")
		}
		waiting := ""
		all := h.roster()
		for _, id := range h.IDs() {
			s := all[id]
			if s == nil || !s.inForce().required {
				continue
			}
			switch s.info().State {
			case Rejected:
				return fmt.Errorf("a required plugin cannot run: %w", s.problem())
			case Stopped, Starting:
				waiting = id
			default: // it ran, or may later
			}
		}
		if waiting == "" {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("required plugin %s: waiting for its first start: %w", waiting, context.Cause(ctx))
		}
	}
}

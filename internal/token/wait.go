package token

import "context"

// Wait returns when no refresh is under way, or when ctx ends. Call it before closing the store: a refresh goes on
// when the caller that began it has left.
func (s *Source) Wait(ctx context.Context) error {
	s.mu.Lock()
	f := s.flight
	s.mu.Unlock()
	if f == nil {
		return nil
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

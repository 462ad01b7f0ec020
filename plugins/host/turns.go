package host

import (
	"context"
	"slices"
)

// turns are the hand-overs that wait for a slot of the process that works, the first come first. Its supervisor's mu
// guards it.
type turns struct{ waiting []chan struct{} }

// next wakes the first.
func (t *turns) next() {
	if len(t.waiting) > 0 {
		close(t.waiting[0])
		t.waiting = t.waiting[1:]
	}
}

// all wakes everybody.
func (t *turns) all() {
	for len(t.waiting) > 0 {
		t.next()
	}
}

// acquireInTurn is acquire, but waits while every slot is taken. While a canary is tried the queue hands over more events
// than the stable version takes at once, so that those in the canary are not missing there: the surplus waits here, for
// calls that all have a time limit.
func (s *supervisor) acquireInTurn(ctx context.Context, event string) (*process, *Outcome) {
	for {
		s.mu.Lock()
		if !s.full() || ctx.Err() != nil {
			p, refusal := s.take(event)
			s.mu.Unlock()
			return p, refusal
		}
		turn := make(chan struct{})
		s.turns.waiting = append(s.turns.waiting, turn)
		s.mu.Unlock()
		select {
		case <-turn:
		case <-ctx.Done():
			s.leaveTurn(turn)
		}
	}
}

// leaveTurn takes itself off the list; when it was woken in that moment, another one is.
func (s *supervisor) leaveTurn(turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := slices.Index(s.turns.waiting, turn); at >= 0 {
		s.turns.waiting = slices.Delete(s.turns.waiting, at, at+1)
		return
	}
	s.turns.next()
}

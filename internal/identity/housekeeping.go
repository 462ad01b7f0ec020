package identity

import (
	"context"
	"runtime/debug"
	"time"

	"wgink.ink/wechat/internal/store"
)

// How often the housekeeping is done, and how long the host that does it keeps the job.
const (
	housekeepingEvery = time.Hour
	housekeepingLease = 2 * housekeepingEvery
)

// Run does the housekeeping until ctx ends: it forgets old log-in codes and ended sessions, on one host of the cluster at a time.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(housekeepingEvery)
	defer tick.Stop()
	for {
		s.forgetOld(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// forgetOld survives a panic: it runs in a goroutine of the host, whose end would be the host's.
func (s *Service) forgetOld(ctx context.Context) {
	defer func() {
		if recover() != nil {
			s.Log.ErrorContext(ctx, "panic in the housekeeping", "stack", string(debug.Stack()))
		}
	}()
	mine, err := s.DB.TakeLease(ctx, "housekeeping", s.owner, housekeepingLease)
	if err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "cannot begin the housekeeping", "error", err)
	}
	if !mine {
		return
	}
	now := s.Now()
	if err := s.DB.DeleteLoginCodes(ctx, store.MillisOf(now.Add(-codeMemory))); err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "cannot forget old log-in codes", "error", err)
	}
	if err := s.DB.DeleteSessionsUnseen(ctx, store.MillisOf(now.Add(-s.set.Idle))); err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "cannot forget ended sessions", "error", err)
	}
}

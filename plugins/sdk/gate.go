package sdk

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Why an event is not let through. Only errRunning is the event's own matter.
var (
	errClosed  = errors.New("not taking events: not configured, or draining")
	errFull    = errors.New("not taking events: as many as allowed are running")
	errRunning = errors.New("still running: an earlier hand-over of this event has not ended")
)

// gate counts the events in the handlers. It lets no event in twice: after the host's deadline a handler that ignores
// its context still runs, and the host hands the event over again.
type gate struct {
	mu      sync.Mutex
	isOpen  bool
	limit   int
	running map[string]time.Time // by event id: since when
	empty   chan struct{}        // closed when the last event leaves a closed gate
}

func newGate() *gate {
	return &gate{running: map[string]time.Time{}, empty: make(chan struct{})}
}

// open lets up to limit events in; zero means no limit.
func (g *gate) open(limit int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.isOpen, g.limit = true, limit
}

func (g *gate) enter(id string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, twice := g.running[id]; twice {
		return errRunning
	}
	switch {
	case !g.isOpen:
		return errClosed
	case g.limit > 0 && len(g.running) >= g.limit:
		return errFull
	}
	g.running[id] = time.Now()
	return nil
}

func (g *gate) leave(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.running, id)
	g.signalEmpty()
}

// drain closes the gate and waits for the events inside; it returns how many are left when ctx ends.
func (g *gate) drain(ctx context.Context) uint32 {
	g.mu.Lock()
	g.isOpen = false
	g.signalEmpty()
	g.mu.Unlock()
	select {
	case <-g.empty:
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count()
}

// count is called with mu held.
func (g *gate) count() uint32 {
	return uint32(len(g.running)) //nolint:gosec // never near the limit: each is a goroutine
}

// signalEmpty is called with mu held.
func (g *gate) signalEmpty() {
	if g.isOpen || len(g.running) > 0 {
		return
	}
	select {
	case <-g.empty:
	default:
		close(g.empty)
	}
}

func (g *gate) status() (open bool, running uint32, oldest time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, since := range g.running {
		oldest = max(oldest, time.Since(since))
	}
	return g.isOpen, g.count(), oldest
}

// Package group makes concurrent calls share one flush, for instance one database commit, without ever waiting for a
// group to fill: the first caller that finds no flush running flushes at once, and what arrives meanwhile goes into the
// next flush together. A lone caller pays nothing, many callers share the cost.
package group

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Flush handles items together and returns one result for each, in their order; or an error that holds for all.
type Flush[T, R any] func(ctx context.Context, items []T) ([]R, error)

// Group collects calls. Make it with New.
type Group[T, R any] struct {
	flush Flush[T, R]
	blame func(err error) bool
	max   int

	mu      sync.Mutex
	waiting []*call[T, R]
	flying  bool          // a flush is under way, or a caller is about to begin one
	landed  chan struct{} // closed when nothing flies any more; made for each row of flights
}

type call[T, R any] struct {
	item   T
	result R
	err    error
	done   chan struct{} // closed when result or err is set
	lead   chan struct{} // closed to make this caller flush next
}

// New makes a group of at most limit items a flush. blame says whether an error can be the fault of one item; such a flush
// is repeated item by item, so that one that cannot be handled does not spoil the others. A panic always is.
func New[T, R any](limit int, blame func(err error) bool, flush Flush[T, R]) *Group[T, R] {
	return &Group[T, R]{flush: flush, blame: blame, max: limit}
}

// Do has item flushed and returns its result. When ctx ends while the item waits, it is left out; when ctx ends during
// the flush, Do returns ctx's error and the outcome is unknown to the caller.
func (g *Group[T, R]) Do(ctx context.Context, item T) (R, error) {
	c := &call[T, R]{item: item, done: make(chan struct{}), lead: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, c)
	if g.flying {
		g.mu.Unlock()
		select {
		case <-c.done:
			return c.result, c.err
		case <-c.lead:
		case <-ctx.Done():
			if g.leave(c) {
				g.pass() // it had become the leader
			}
			var unknown R
			return unknown, context.Cause(ctx)
		}
	} else {
		g.flying, g.landed = true, make(chan struct{})
		g.mu.Unlock()
	}
	go g.fly(ctx, g.take()) // by itself: a flush that nothing can interrupt must not keep the leader longer than the others
	select {
	case <-c.done:
		return c.result, c.err
	case <-ctx.Done():
		var unknown R
		return unknown, context.Cause(ctx)
	}
}

// Wait returns when no flush is under way and no caller waits for one, or with an error when ctx ends before that: a flush may
// hang in what it calls. Call it when no more items come, before what flushes need is closed; items that come nevertheless
// do no harm to the group.
func (g *Group[T, R]) Wait(ctx context.Context) error {
	g.mu.Lock()
	flying, landed := g.flying, g.landed
	g.mu.Unlock()
	if !flying {
		return nil
	}
	select {
	case <-landed:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("a flush is still under way: %w", context.Cause(ctx))
	}
}

// leave gives the item up at once, so that a flush that hangs does not keep those of callers who have gone. It answers true
// when the caller had been made the leader in the same moment.
func (g *Group[T, R]) leave(c *call[T, R]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = slices.DeleteFunc(g.waiting, func(other *call[T, R]) bool { return other == c })
	select {
	case <-c.lead:
		return true
	default:
		return false
	}
}

// take removes what waits and is flushed next, the leader's own item first.
func (g *Group[T, R]) take() []*call[T, R] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), g.max)
	calls := slices.Clone(g.waiting[:n])
	g.waiting = slices.Clone(g.waiting[n:])
	return calls
}

// fly flushes these and makes the next waiting caller the leader.
func (g *Group[T, R]) fly(ctx context.Context, calls []*call[T, R]) {
	defer g.pass()
	g.run(ctx, calls)
}

// pass makes the first caller that still waits the leader, or lets the next one start by itself.
func (g *Group[T, R]) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) > 0 {
		close(g.waiting[0].lead)
		return
	}
	g.flying = false
	close(g.landed)
}

func (g *Group[T, R]) run(ctx context.Context, calls []*call[T, R]) {
	items := make([]T, len(calls))
	for i, c := range calls {
		items[i] = c.item
	}
	results, err := g.safely(ctx, items)
	if err != nil && len(calls) > 1 && (errors.Is(err, errPanic) || g.blame(err)) {
		for _, c := range calls {
			g.run(ctx, []*call[T, R]{c})
		}
		return
	}
	for i, c := range calls {
		if c.err = err; err == nil {
			c.result = results[i]
		}
		close(c.done)
	}
}

var errPanic = errors.New("panic in a flush")

// safely turns a panic into an error: the callers are handlers and workers that must go on.
func (g *Group[T, R]) safely(ctx context.Context, items []T) (results []R, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w of type %T", errPanic, p)
		}
	}()
	if results, err = g.flush(context.WithoutCancel(ctx), items); err == nil && len(results) != len(items) {
		err = fmt.Errorf("a flush of %d items gave %d results", len(items), len(results))
	}
	return results, err
}

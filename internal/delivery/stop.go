package delivery

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Stop takes no new events, gives back what no plugin has begun, waits for those in hand until ctx ends, and then cuts them:
// their contexts end. What was cut stays leased until HandBack, because its handler may not have ended yet, and the next
// event of its subject must not begin beside it. Stop is safe twice and before Start.
func (q *Queue) Stop(ctx context.Context) {
	q.mu.Lock()
	running := q.started && !q.stopped
	q.stopped = q.started
	q.mu.Unlock()
	if !running {
		return
	}
	q.stopping.Store(true)
	q.stop()
	defer q.cut()
	if q.awaitAll(ctx, "dispatch", &q.sends) != nil {
		return // no time is left
	}
	_ = q.await(ctx, "give stock back", func() error { // HandBack does what fails here
		return q.db.HandBack(ctx, q.owner, q.hands.begun())
	})
	_ = q.awaitAll(ctx, "hand-over", &q.work)
}

// HandBack gives the rows that Stop left back, each to its old place before the later ones of its subject, and ends the queue.
// Call it when the handlers have ended; those of goOn have not: their rows stay with them until the leases end. When ctx ends
// before that, leases do the rest. HandBack is safe twice, and without Stop does nothing.
func (q *Queue) HandBack(ctx context.Context, goOn ...string) error {
	q.mu.Lock()
	due := q.stopped && !q.ended
	q.ended = q.stopped
	q.mu.Unlock()
	if !due {
		return nil
	}
	defer q.release()
	if err := q.awaitAll(ctx, "hand-over", &q.sends, &q.work); err != nil {
		return err
	}
	q.release()
	left := q.hands.heldBy(goOn)
	return errors.Join(
		q.awaitAll(ctx, "keeping leases", &q.loops),
		q.outcomes.Wait(ctx),
		q.await(ctx, "hand back", func() error {
			return errors.Join(q.db.HandBack(ctx, q.owner, left), q.db.MarkGoingOn(ctx, left))
		}))
}

// awaitAll waits for the groups in their order: the dispatcher comes first, which might begin one more hand-over.
func (q *Queue) awaitAll(ctx context.Context, part string, groups ...*sync.WaitGroup) error {
	return q.await(ctx, part, func() error {
		for _, g := range groups {
			g.Wait()
		}
		return nil
	})
}

var errPanic = errors.New("a panic")

// await runs fn until ctx ends; then it leaves fn behind. A database that hangs is not interrupted by a context.
func (q *Queue) await(ctx context.Context, part string, fn func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errPanic
		q.safely(part, func() { err = fn() })
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the queue's %s goes on: %w", part, context.Cause(ctx))
	}
}

package wechat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// stopLimit ends a Stop whose context has no deadline. What is left then is killed, so that Stop takes five seconds at most.
	stopLimit = 4500 * time.Millisecond
	// stopReserve is what of a Stop's time, at most half of it, is kept back from the events under way, for ending the
	// processes in order, and backReserve what of that, at most a quarter, for giving interrupted events back after them.
	stopReserve = 2500 * time.Millisecond
	backReserve = 500 * time.Millisecond
)

// life is where a module is between New and the end of Stop.
type life struct {
	mu      sync.Mutex // held while starting and while stopping
	started bool
	stopped bool

	unlock     func() error       // gives an SQLite file up
	stop       context.CancelFunc // of the background parts
	background sync.WaitGroup
}

// Start brings the tables up to date, starts the plugins and begins to hand events over. ctx bounds the start only. A
// module starts once; when Start fails it has taken everything back, and a new module can be made.
func (m *Module) Start(ctx context.Context) error {
	m.life.mu.Lock()
	defer m.life.mu.Unlock()
	if m.life.started || m.life.stopped {
		return errors.New("the module was started or stopped before: make a new one")
	}
	m.life.started = true
	if err := m.start(ctx); err != nil {
		return errors.Join(err, m.end(context.WithoutCancel(ctx)))
	}
	return nil
}

func (m *Module) start(ctx context.Context) error {
	if err := m.openTables(ctx); err != nil {
		return err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx)) // it outlives the start
	m.life.stop = stop
	if m.ring != nil {
		m.life.background.Go(func() { m.ring.Run(background) })
	}
	if m.identity != nil {
		m.life.background.Go(func() { m.identity.Run(background) })
	}
	if err := m.plugins.Start(ctx); err != nil {
		return fmt.Errorf("start plugins: %w", err)
	}
	for _, h := range m.own {
		if err := h.Start(ctx); err != nil {
			return err
		}
	}
	if err := m.queue.Start(); err != nil {
		return err
	}
	return m.openConsole(ctx)
}

// Stop takes no new events, lets plugins finish what they have, then stops them and everything else. Shut the Fiber app
// down before it. It returns when ctx ends at the latest, and after five seconds when ctx has no deadline: events that a
// plugin has not finished two and a half seconds before that are handed over again later, with the same key. A process
// that hangs is not waited for; a handler of the host's own that does is told by the error. A second Stop waits for the
// first; before Start it only closes the database.
func (m *Module) Stop(ctx context.Context) error {
	m.life.mu.Lock()
	defer m.life.mu.Unlock()
	if m.life.stopped {
		return nil
	}
	return m.end(ctx)
}

// end stops the parts in the reverse order of their start. The caller holds the lock.
func (m *Module) end(ctx context.Context) error {
	m.life.stopped = true
	deadline, bounded := ctx.Deadline()
	if !bounded {
		deadline = time.Now().Add(stopLimit)
		limited, cancel := context.WithDeadline(ctx, deadline)
		defer cancel()
		ctx = limited
	}
	reserve := min(stopReserve, time.Until(deadline)/2)
	working, cut := context.WithDeadline(ctx, deadline.Add(-reserve))
	defer cut()
	ending, kill := context.WithDeadline(ctx, deadline.Add(-min(backReserve, reserve/4)))
	defer kill()
	var asking sync.WaitGroup
	asking.Go(func() { m.plugins.EndHung(working) })
	errs := []error{m.closeConsole(working)}
	m.queue.Stop(working)
	asking.Wait()
	var goOn []string
	for _, h := range slices.Backward(m.own) {
		if err := h.Stop(ending); err != nil { // nothing can end it, and nobody else may have its events meanwhile
			goOn, errs = append(goOn, h.ID()), append(errs, err)
		}
	}
	errs = append(errs, m.plugins.Stop(ending))
	if m.life.stop != nil {
		m.life.stop()
	}
	errs = append(errs, m.queue.HandBack(ctx, goOn...), m.life.wait(ctx))
	if m.payment != nil {
		errs = append(errs, m.payment.Wait(ctx))
	}
	if m.identity != nil {
		errs = append(errs, m.identity.Tokens.Wait(ctx)) // a fetch goes on when its caller has left
	}
	errs = append(errs, m.db.Close())
	if m.life.unlock != nil {
		errs = append(errs, m.life.unlock())
	}
	return errors.Join(errs...)
}

// wait waits for the background parts, but not for one that hangs in a transport or a database of the host's that does
// not heed its context.
func (l *life) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.background.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("a background part goes on: %w", context.Cause(ctx))
	}
}

package wechattest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// ErrClosed is the answer of a simulator that was closed.
var ErrClosed = errors.New("wechattest: the simulator is closed")

// Simulator is a local WeChat. Make one with [New] or [Open]; all methods may be called from many goroutines.
type Simulator struct {
	settings settings
	keys     keyRing
	routes   http.Handler
	masks    masks
	faults   faults

	mu      sync.Mutex
	state   state
	changed chan struct{} // closed and replaced at each change of state

	ctx      context.Context //nolint:containedctx // the life of the owned goroutines, not of a call; ends with Close
	cancel   context.CancelFunc
	tasks    sync.WaitGroup // every goroutine of the simulator
	listener listener
	notifier http.RoundTripper
	closing  sync.Once
	closeErr error
	lock     stateLock

	ownNotifier *http.Transport // nil when notices go through WithNotifyTransport
}

// TB is the part of testing.TB that [New] needs; programs that import this package do not link package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// New returns a simulator for a test and closes it when the test ends.
func New(t TB, opts ...Option) *Simulator {
	t.Helper()
	s, err := Open(opts...)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Fatalf("%v", err)
		}
	})
	return s
}

// Open returns a simulator for a program, which must call Close.
func Open(opts ...Option) (*Simulator, error) {
	set := defaultSettings()
	for _, opt := range opts {
		opt(&set)
	}
	if err := set.validate(); err != nil {
		return nil, fmt.Errorf("wechattest: %w", err)
	}
	keys, err := loadKeys()
	if err != nil {
		return nil, fmt.Errorf("wechattest: %w", err)
	}
	s := &Simulator{settings: set, keys: keys, masks: newMasks(), state: newState(), changed: make(chan struct{})}
	s.routes = s.newRoutes()
	for _, script := range set.scripts {
		if err := s.Play(script); err != nil {
			return nil, err
		}
	}
	s.notifier = set.notifyTransport
	if s.notifier == nil {
		s.ownNotifier = newNotifyTransport()
		s.notifier = s.ownNotifier
	}
	if s.lock, err = lockStateFile(set.stateFile); err != nil {
		return nil, fmt.Errorf("wechattest: %w", err)
	}
	if err := s.loadStateFile(); err != nil {
		return nil, errors.Join(fmt.Errorf("wechattest: %w", err), s.lock.release())
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.tasks.Go(s.sendDueNotices)
	if set.stateFile != "" {
		s.tasks.Go(s.keepStateFile)
	}
	return s, nil
}

// Close stops the listener, abandons notices under way and waits for every goroutine. A second call does nothing.
func (s *Simulator) Close() error {
	s.closing.Do(func() {
		s.cancel() // first, so that no Listen comes after
		s.closeErr = s.listener.close()
		s.tasks.Wait()
		if s.ownNotifier != nil {
			s.ownNotifier.CloseIdleConnections()
		}
		s.closeErr = errors.Join(s.closeErr, s.saveStateFile(), s.lock.release())
	})
	return s.closeErr
}

// update changes the state under its lock and tells whoever waits for a change.
func (s *Simulator) update(change func(*state)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.state)
	close(s.changed)
	s.changed = make(chan struct{})
}

// changes returns a channel that closes at the next change of state.
func (s *Simulator) changes() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// view reads the state under its lock.
func (s *Simulator) view(read func(*state)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	read(&s.state)
}

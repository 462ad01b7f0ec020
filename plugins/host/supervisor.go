package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// supervisor keeps one plugin running. Its run goroutine alone changes the state; everybody else reads it.
type supervisor struct {
	plan    *plan
	around  *surroundings
	backoff *backoff
	logger  *slog.Logger
	done    chan struct{} // closed when run has returned

	mu      sync.Mutex
	state   State
	since   time.Time
	lastErr string
	starts  int
	running int
	process *process // nil while none runs
}

func newSupervisor(p *plan, around *surroundings) *supervisor {
	return &supervisor{
		plan: p, around: around, backoff: newBackoff(around.limits), done: make(chan struct{}),
		logger: around.logger.With("plugin", p.id, "plugin_version", p.version), state: Stopped, since: time.Now(),
	}
}

// errStopped says that the host asked for the end.
var errStopped = errors.New("the host stops")

// run starts the process again and again until ctx ends; then it drains and ends it. drain cut short ends the draining.
func (s *supervisor) run(ctx, drain context.Context) {
	defer close(s.done)
	defer s.set(Stopped, nil)
	for ctx.Err() == nil {
		err := safely(s.logger, "the plugin's supervisor", func() error {
			s.round(ctx, drain)
			return nil
		})
		if err != nil {
			s.set(Backoff, err)
			pause(ctx, s.backoff.next(0))
		}
	}
}

// round is one process and the wait for the next. It returns when the next may start, or ctx has ended.
func (s *supervisor) round(ctx, drain context.Context) {
	readyFor, err := s.once(ctx, drain)
	if ctx.Err() != nil {
		return
	}
	if isPermanent(err) {
		s.logger.ErrorContext(ctx, "plugin cannot run; change what the error says and restart the host", "error", err)
		s.set(Rejected, err)
		<-ctx.Done()
		return
	}
	wait := s.backoff.next(readyFor)
	s.logger.WarnContext(ctx, "plugin ended, it will be started again", "error", err, "wait", wait)
	s.set(Backoff, err)
	pause(ctx, wait)
}

// pause waits until the time is over or ctx has ended.
func pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// once is the life of one process. It returns how long the process was ready and why it ended.
func (s *supervisor) once(ctx, drain context.Context) (readyFor time.Duration, err error) {
	s.set(Starting, nil)
	p, err := newProcess(ctx, s.plan, s.around)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.process, s.starts = p, s.starts+1
	s.mu.Unlock()
	began := time.Now()
	ended := false
	end := func(graceful bool) {
		ended = true
		p.end(graceful)
	}
	defer func() {
		s.mu.Lock()
		s.process = nil
		s.mu.Unlock()
	}()
	defer func() {
		if !ended {
			p.end(false) // a panic: the process must not stay behind
		}
	}()

	if err = p.start(ctx); err == nil {
		err = p.introduce(ctx, s.around.version)
	}
	if err != nil {
		end(false)
		return 0, p.postMortem(err)
	}
	s.logger.InfoContext(ctx, "plugin is ready", "pid", p.runner.pid(), "took", time.Since(began))
	s.set(Ready, nil)
	ready := time.Now()
	err = s.watch(ctx, p)
	readyFor = time.Since(ready)
	if errors.Is(err, errStopped) {
		s.set(Draining, nil)
		p.stopping.Store(true)
		end(p.drain(drain))
		return readyFor, err
	}
	s.set(Backoff, err) // no work from here on
	end(false)
	return readyFor, p.postMortem(err)
}

// set publishes a state. err, when not nil, is kept as the last error.
func (s *supervisor) set(state State, err error) {
	s.mu.Lock()
	if s.state != state {
		s.state, s.since = state, time.Now()
	}
	if err != nil {
		s.lastErr = err.Error()
	}
	s.mu.Unlock()
	s.around.changed()
}

// acquire takes a free slot. It returns nil when the plugin takes no work now.
func (s *supervisor) acquire() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running >= s.slots() || s.process.hasExited() {
		return nil
	}
	s.running++
	s.process.calls.Add(1)
	return s.process
}

func (s *supervisor) release(p *process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	p.calls.Done()
}

func (s *supervisor) capacity() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.slots()-s.running, 0)
}

// slots is how many events may be under way in the present state. mu is held.
func (s *supervisor) slots() int {
	switch s.state {
	case Ready:
		return s.plan.concurrency
	case Degraded:
		return 1
	default:
		return 0
	}
}

func (s *supervisor) info() Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := Info{
		ID: s.plan.id, Version: s.plan.version, State: s.state, Since: s.since, Starts: s.starts, Running: s.running,
		Concurrency: s.plan.concurrency, Timeout: s.plan.timeout, LastError: s.lastErr,
		Granted: s.plan.granted, Withheld: s.plan.withheld,
	}
	for _, p := range s.plan.manifest.Handles {
		i.Handles = append(i.Handles, string(p))
	}
	if s.process != nil {
		i.PID = s.process.runner.pid()
	}
	return i
}

// problem is the reason why the plugin is not ready.
func (s *supervisor) problem() error {
	i := s.info()
	if i.LastError == "" {
		return fmt.Errorf("plugin %s is not ready: %s", i.ID, i.State)
	}
	return fmt.Errorf("plugin %s is not ready: %s: %s", i.ID, i.State, i.LastError)
}

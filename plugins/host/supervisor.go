package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"wgink.ink/wechat/plugins/pluginv1"
)

// supervisor keeps one plugin running. Its run goroutine alone changes the state and decides which process works;
// everybody else reads.
type supervisor struct {
	id       string
	around   *surroundings
	backoff  *backoff
	logger   *slog.Logger
	orders   chan swapOrder // answered by run
	done     chan struct{}  // closed when run has returned
	allowed  *allowance     // to all its processes together
	places   chan struct{}  // one token for each process beside the one that works
	retiring sync.WaitGroup // processes that were replaced
	notAgain time.Time      // a hot swap of our own accord waits until then; run's alone

	life       life               // set before run, as are the next two
	leave, cut context.CancelFunc // of its life
	giveUp     func(error)        // for a canary: ends its life when its one process has failed; nil for all others
	up         chan struct{}      // closed when a process was ready for the first time
	upOnce     sync.Once
	most       int // events at once, fewer than the plan's; zero for the plan's

	mu       sync.Mutex
	plan     *plan // in force: the next start is by it
	state    State
	since    time.Time
	nextAt   time.Time // of the next start; zero when none is waited for
	lastErr  string
	noPlugin int  // starts in a row that ended well and without a handshake
	alarm    bool // at its last exit it kept ending
	starts   int
	turns    turns
	process  *process   // works; nil while none does
	starting *process   // is to work, while none does
	leaving  []*process // replaced, and not ended yet
	swaps    int
	lastSwap *Swap
	crashes  []Crash  // the newest first
	trial    *trial   // the canary that is tried, rolled back or not; nil without one
	trials   []*trial // those of which a process may be left
}

// life says when a supervisor ends, and how.
type life struct {
	work  context.Context //nolint:containedctx // ends when the plugin shall stop: it was removed, or the host stops
	host  context.Context //nolint:containedctx // ends when the host stops; draining has a short limit then
	drain context.Context //nolint:containedctx // ends when draining must be cut short
}

// sideBySide bounds the processes of one plugin beside the one that works: one that starts and one that drains, or two
// that drain.
const sideBySide = 2

func newSupervisor(p *plan, around *surroundings) *supervisor {
	return &supervisor{
		id: p.id, plan: p, around: around, backoff: newBackoff(around.limits), logger: around.logger.With("plugin", p.id),
		orders: make(chan swapOrder), done: make(chan struct{}), places: make(chan struct{}, sideBySide),
		allowed: newAllowance(time.Now()),
		state:   Stopped, since: time.Now(), up: make(chan struct{}),
	}
}

// errStopped says that the plugin shall not run any more.
var errStopped = errors.New("the host stops, or the plugin was removed")

// run keeps a process working until its life ends; then it drains and ends it.
func (s *supervisor) run(l life) {
	defer close(s.done)
	defer s.set(Stopped, nil)
	defer s.retiring.Wait()
	for l.work.Err() == nil {
		err := safely(s.logger, "the plugin's supervisor", func() error {
			s.rounds(l)
			return nil
		})
		if err != nil { // logged already; a logger that panics over everything must not make this loop spin
			s.set(Backoff, err)
			if s.giveUp != nil {
				s.giveUp(err)
			}
			wait, _ := s.backoff.next(ending{})
			pause(l.work, wait)
		}
	}
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

// rounds starts a process, serves with it and rests, again and again. It returns when the life ends.
func (s *supervisor) rounds(l life) {
	p, err := s.bringUp(l.work, s.inForce())
	for {
		var end ending
		if err == nil {
			end, err = s.serve(l, p)
		}
		if l.work.Err() != nil {
			return
		}
		if s.giveUp != nil {
			s.set(Stopped, err)
			s.giveUp(err)
			return
		}
		p, err = s.rest(l.work, end, err)
	}
}

// bringUp starts a process and configures it. After an error nothing of the process is left.
func (s *supervisor) bringUp(ctx context.Context, by *plan) (_ *process, err error) {
	if ctx.Err() != nil {
		return nil, errStopped
	}
	s.setWhileIdle(Starting)
	p, err := newProcess(ctx, by, s.around, s.allowed)
	if err != nil {
		return nil, err
	}
	p.told = func(asked, answered time.Time, st *pluginv1.StatusResponse) {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.hand.learn(asked, answered, st.GetRunning(), st.GetOldestRunning().AsDuration())
	}
	s.mu.Lock()
	s.starts++
	if s.process == nil {
		s.starting = p
	}
	s.mu.Unlock()
	s.around.changed()
	up := false
	defer func() {
		s.mu.Lock()
		if s.starting == p {
			s.starting = nil
		}
		s.mu.Unlock()
		if !up { // also after a panic: the process must not stay behind
			p.end(false)
		}
	}()
	began := time.Now()
	if err = p.start(ctx); err == nil {
		err = p.introduce(ctx, s.around.version)
	}
	if err != nil {
		p.runner.kill()
		p.awaitExit(p.limits.exit)
		if p.exitStatus() != "" { // it ended by itself
			s.crashed(p, 0, err)
		}
		return nil, p.postMortem(s.foreign(p, err))
	}
	p.took, up = time.Since(began), true
	s.mu.Lock()
	s.noPlugin = 0
	s.mu.Unlock()
	return p, nil
}

// serve lets p work, and after it those that replace it, until one ends without another in its place. It returns how
// that one ended and why.
func (s *supervisor) serve(l life, p *process) (end ending, err error) {
	defer func() {
		if p != nil { // a panic: the process must not stay behind
			s.withdraw(p)
			p.end(false)
			s.forget(p)
		}
	}()
	s.takeOver(p)
	for {
		ready := time.Now()
		p.logger.InfoContext(l.work, "plugin is ready", "pid", p.runner.pid(), "took", p.took)
		next, err := s.watch(l.work, p)
		end.readyFor = time.Since(ready)
		old := p
		switch {
		case next != nil:
			p = next.process
			s.replace(l, old, next, err, end.readyFor)
			continue
		case errors.Is(err, errStopped):
			s.set(Draining, nil)
			s.withdraw(old)
			s.retire(l, old)
			s.forget(old)
		default:
			s.set(Backoff, err) // no work from here on
			s.withdraw(old)
			old.end(false)
			s.crashed(old, end.readyFor, err)
			end.outside = old.exitStatus() == "signal: killed"
			s.forget(old)
			err = old.postMortem(err)
		}
		p = nil
		return end, err
	}
}

// set publishes a state. err, when not nil, is kept as the last error.
func (s *supervisor) set(state State, err error) {
	s.mu.Lock()
	s.change(state, err)
	s.mu.Unlock()
	s.around.changed()
}

// setWhileIdle publishes a state unless a process works.
func (s *supervisor) setWhileIdle(state State) {
	s.mu.Lock()
	if s.process == nil {
		s.change(state, nil)
	}
	s.mu.Unlock()
	s.around.changed()
}

// change is called with mu held.
func (s *supervisor) change(state State, err error) {
	if s.state != state {
		s.state, s.since = state, time.Now()
	}
	s.turns.all()
	s.nextAt = time.Time{}
	if err != nil {
		s.lastErr = err.Error()
	}
}

// inForce is the plan by which the next process starts.
func (s *supervisor) inForce() *plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.plan
}

// problem is the reason why the plugin is not ready.
func (s *supervisor) problem() error {
	i := s.info()
	if i.LastError == "" {
		return fmt.Errorf("plugin %s is not ready: %s", i.ID, i.State)
	}
	return fmt.Errorf("plugin %s is not ready: %s: %s", i.ID, i.State, i.LastError)
}

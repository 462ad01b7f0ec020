package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"wgink.ink/wechat/config"
)

// Options are the live objects a host may hand in.
type Options struct {
	// Logger receives the host's records and those of the plugins. Optional. Default: slog.Default().
	Logger *slog.Logger
	// Version is the host's own, told to plugins. Optional.
	Version string
	// Services are what plugins may ask, as far as the operator granted it. Optional. Default: nothing.
	Services Services
	// Past gives the events of shadow runs. Optional. Default: none, and such a run is refused.
	Past Past
	// Production insists on plugins.lock and on folders that the host's user cannot change. Optional. Default: false.
	Production bool
}

// roster is the enabled plugins by id. It is replaced as a whole, never changed.
type roster map[string]*supervisor

// Host runs the enabled plugins. All methods may be called from several goroutines.
type Host struct {
	supervisors atomic.Pointer[roster]
	runDirBase  string
	around      *surroundings
	production  bool

	applying sync.Mutex // held by Apply and Reload

	mu       sync.Mutex
	phase    phase
	cfg      config.Plugins // last applied
	changed  chan struct{}  // closed and replaced at every change of a state
	onChange []func()

	all        life               // of all supervisors
	soft, hard context.CancelFunc // end the work; end the draining
	runs       sync.WaitGroup     // supervisors
	stopped    chan struct{}      // closed when Stop is through
	stopErr    error
}

type phase int

const (
	phaseNew phase = iota
	phaseRunning
	phaseStopping
)

// New reads and checks the manifest and files of every enabled plugin, and of no other. The error joins all problems,
// each with the plugin and the file or key; none of them heals by itself. It starts nothing and writes nothing. A canary
// with a problem is logged and not tried: nobody's start depends on it.
func New(cfg config.Plugins, opts Options) (*Host, error) {
	return newHost(cfg, opts, defaultTiming())
}

func newHost(cfg config.Plugins, opts Options, limits timing) (*Host, error) {
	plans, warning, err := readEnabled(cfg, opts.Production)
	base := ""
	if len(cfg.Enabled) > 0 {
		var baseErr error
		base, baseErr = runDirBase(cfg.RunDir)
		err = errors.Join(err, baseErr)
	}
	if err != nil {
		return nil, err
	}
	logger := opts.Logger
	if logger == nil {
		logger = slog.Default()
	}
	h := &Host{
		runDirBase: base, cfg: cfg, changed: make(chan struct{}), stopped: make(chan struct{}),
	}
	h.around = &surroundings{logger: logger, limits: limits, version: opts.Version, services: opts.Services, past: opts.Past, changed: h.signal}
	h.production = opts.Production
	h.report(plans, warning)
	all := make(roster, len(plans))
	for _, p := range plans {
		all[p.id] = newSupervisor(p, h.around)
	}
	h.supervisors.Store(&all)
	return h, nil
}

// report logs what is odd about the plugins' files, but allowed.
func (h *Host) report(plans []*plan, warning string) {
	if warning != "" {
		h.around.logger.Warn(warning) //nolint:sloglint // one of a few fixed texts
	}
	for _, p := range plans {
		warnings := p.warnings
		if p.trial != nil && p.trial.problem != "" {
			h.around.logger.Error("a canary cannot be tried, its plugin starts without it", "plugin", p.id,
				"version", p.trial.plan.version, "error", p.trial.problem)
		}
		if p.trial != nil {
			warnings = append(slices.Clip(warnings), p.trial.plan.warnings...)
		}
		for _, text := range warnings {
			h.around.logger.Warn("plugin files", "plugin", p.id, "problem", text)
		}
	}
}

// Start starts one supervisor per plugin and returns without waiting for the plugins: a broken one must not keep the
// host from starting, unless the configuration says that it is required. Values of ctx are kept, its end ends only that
// wait. A host starts once; after an error nothing runs.
func (h *Host) Start(ctx context.Context) error {
	if err := h.begin(ctx); err != nil {
		return err
	}
	if err := h.awaitRequired(ctx); err != nil {
		return errors.Join(err, h.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

func (h *Host) begin(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.phase != phaseNew {
		return errors.New("plugin host: started or stopped before")
	}
	if len(h.roster()) > 0 {
		if err := h.prepare(); err != nil {
			return err
		}
	}
	h.phase = phaseRunning
	var soft, hard context.Context
	soft, h.soft = context.WithCancel(context.WithoutCancel(ctx))
	hard, h.hard = context.WithCancel(context.WithoutCancel(ctx))
	h.all = life{work: soft, host: soft, drain: hard}
	for _, s := range h.roster() {
		h.launch(s)
	}
	return nil
}

// prepare makes what the first process needs. mu is held.
func (h *Host) prepare() error {
	if h.around.launcher != nil {
		return nil
	}
	if err := h.makeDir(); err != nil {
		return err
	}
	h.around.launcher = newLauncher(h.around.logger)
	return nil
}

// makeDir makes the host's private folder if there is none yet. mu is held.
func (h *Host) makeDir() (err error) {
	if h.around.dir == nil {
		h.around.dir, err = newRunDir(h.runDirBase)
	}
	return err
}

// launch begins a supervisor's life. mu is held, and the host runs.
func (h *Host) launch(s *supervisor) {
	l := h.all
	l.work, s.leave = context.WithCancel(h.all.work)
	l.drain, s.cut = context.WithCancel(h.all.drain)
	s.life = l
	h.runs.Go(func() {
		defer s.cut()
		defer s.leave()
		s.run(l)
	})
	if tp := s.inForce().trial; tp != nil {
		h.try(s, tp)
	}
}

func (h *Host) roster() roster { return *h.supervisors.Load() }

// Stop lets every plugin finish its events, within limits, and ends its process and children; it takes five seconds at
// most, less when ctx ends sooner: what has not finished is killed then. It may be called twice, and before Start.
func (h *Host) Stop(ctx context.Context) error {
	h.mu.Lock()
	first := h.phase != phaseStopping
	wasRunning := h.phase == phaseRunning
	h.phase = phaseStopping
	h.mu.Unlock()
	if !first {
		<-h.stopped
		return h.stopErr
	}
	defer close(h.stopped)
	if !wasRunning {
		return nil
	}
	defer context.AfterFunc(ctx, h.hard)()
	defer h.hard()
	h.soft()
	h.runs.Wait() // every step of a supervisor has a limit
	if h.around.launcher != nil {
		h.around.launcher.stop()
	}
	if h.around.dir != nil {
		h.stopErr = h.around.dir.close()
	}
	return h.stopErr
}

// Subscribers lists the plugins whose manifest handles the event type, by id, whether they run now or not.
func (h *Host) Subscribers(eventType string) []string {
	var ids []string
	for id, s := range h.roster() {
		if s.handles(eventType) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Capacity is how many more events the plugin would take now: zero while it is not ready, or unknown.
func (h *Host) Capacity(plugin string) int {
	if s := h.roster()[plugin]; s != nil {
		return s.capacity()
	}
	return 0
}

// IDs lists every enabled plugin.
func (h *Host) IDs() []string { return slices.Sorted(maps.Keys(h.roster())) }

// List describes every enabled plugin, by id.
func (h *Host) List() []Info {
	var list []Info
	all := h.roster()
	for _, id := range slices.Sorted(maps.Keys(all)) {
		list = append(list, all[id].info())
	}
	return list
}

// WaitReady returns when every enabled plugin is ready. It fails when one cannot run as it is, or when ctx ends first,
// with the reason of the first plugin that is not ready.
func (h *Host) WaitReady(ctx context.Context) error {
	for {
		h.mu.Lock()
		changed, stopping := h.changed, h.phase == phaseStopping
		h.mu.Unlock()
		if stopping {
			return errors.New("plugin host: stopped")
		}
		var waiting error
		all := h.roster()
		for _, id := range slices.Sorted(maps.Keys(all)) {
			s := all[id]
			switch s.info().State {
			case Ready, Degraded:
			case Rejected:
				return s.problem()
			default:
				if waiting == nil {
					waiting = s.problem()
				}
			}
		}
		if waiting == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", waiting, context.Cause(ctx))
		}
	}
}

// OnChange registers a function to be called after every change of a plugin's state, for a dispatcher that wants to
// know when one takes work again. It is called from the plugin's supervisor and must not block.
func (h *Host) OnChange(fn func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onChange = append(h.onChange, fn)
}

// signal wakes everybody who waits for a change.
func (h *Host) signal() {
	h.mu.Lock()
	close(h.changed)
	h.changed = make(chan struct{})
	listeners := slices.Clone(h.onChange)
	h.mu.Unlock()
	for _, fn := range listeners {
		_ = safely(h.around.logger, "an OnChange function", func() error {
			fn()
			return nil
		})
	}
}

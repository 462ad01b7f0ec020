package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"sync"

	"wgink.ink/wechat/config"
)

var errNotRunning = errors.New("plugin host: not running")

// Apply makes the host run what cfg enables. Manifests and files are read anew; any mistake in them, or in cfg, is
// reported and nothing changes. Then, side by side: a plugin that is new is started; one that cfg no longer names drains
// and is stopped; one whose version, manifest, configuration, secrets or limits differ is hot-swapped, without an event
// lost; one that cannot run (Rejected) is tried again; every other is left alone.
//
// Apply returns when all that has happened, or ctx has ended. The error joins what did not succeed: a plugin whose new
// process did not become ready goes on with the process, and the plan, it had. A plugin that is new stays enabled
// whatever its first process does; one that is removed is stopped at once when ctx ends.
func (h *Host) Apply(ctx context.Context, cfg config.Plugins) error {
	h.applying.Lock()
	defer h.applying.Unlock()
	return h.apply(ctx, cfg)
}

// Reload replaces the plugin's process by a new one, in a hot swap. Its manifest and files are read anew, so a binary
// that was replaced comes into force.
func (h *Host) Reload(ctx context.Context, plugin string) error {
	h.applying.Lock()
	defer h.applying.Unlock()
	return h.reload(ctx, plugin, h.cfg)
}

// ReloadFrom is Reload by what cfg says about this one plugin, which is then in force for it. All else in cfg, but for
// where plugins lie and what pins them, is left out.
func (h *Host) ReloadFrom(ctx context.Context, plugin string, cfg config.Plugins) error {
	h.applying.Lock()
	defer h.applying.Unlock()
	if err := h.reload(ctx, plugin, cfg); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cfg.Enabled = maps.Clone(h.cfg.Enabled)
	h.cfg.Enabled[plugin] = cfg.Enabled[plugin]
	return nil
}

func (h *Host) reload(ctx context.Context, plugin string, cfg config.Plugins) error {
	s := h.roster()[plugin]
	wanted, enabled := cfg.Enabled[plugin]
	if s == nil || !enabled {
		return fmt.Errorf("plugin %s is not enabled", plugin)
	}
	cfg.Enabled = map[string]config.Plugin{plugin: wanted}
	plans, warning, err := readEnabled(cfg, h.production)
	if err == nil {
		err = canaryProblems(plans)
	}
	if err != nil {
		return err
	}
	h.report(plans, warning)
	if !h.isRunning() {
		return errNotRunning
	}
	return h.replace(ctx, s, plans[0], "reload", true)
}

// replace hot-swaps the plugin's process, and after that its canary.
func (h *Host) replace(ctx context.Context, s *supervisor, p *plan, reason string, anew bool) error {
	if err := s.order(ctx, p, reason); err != nil {
		return err
	}
	h.tryAgain(s, p.trial, anew)
	return nil
}

func (h *Host) apply(ctx context.Context, cfg config.Plugins) error {
	if cfg.RunDir != h.cfg.RunDir {
		return errors.New("plugins.run-dir cannot change while the host runs: restart it")
	}
	plans, warning, err := readEnabled(cfg, h.production)
	if err == nil {
		err = canaryProblems(plans)
	}
	if err != nil {
		return err
	}
	h.report(plans, warning)
	wanted := make(map[string]*plan, len(plans))
	for _, p := range plans {
		wanted[p.id] = p
	}
	before := h.roster()
	added, err := h.enroll(cfg, wanted)
	if err != nil {
		return err
	}
	var changes sync.WaitGroup
	problems := make(chan error, len(before)+len(added))
	each := func(change func() error) { changes.Go(func() { problems <- change() }) }
	for id, s := range before {
		switch p := wanted[id]; {
		case p == nil:
			each(func() error { return s.remove(ctx) })
		case !p.same(s.inForce()):
			each(func() error { return h.replace(ctx, s, p, "configuration", false) })
		case s.info().State == Rejected:
			each(func() error { return h.replace(ctx, s, p, "reload", true) })
		default:
			h.tryAgain(s, p.trial, false)
		}
	}
	for _, s := range added {
		each(func() error { return h.awaitFirst(ctx, s) })
	}
	changes.Wait()
	close(problems)
	var all []error
	for err := range problems {
		all = append(all, err)
	}
	return errors.Join(all...)
}

// enroll publishes the roster that is wanted and starts the supervisors that are new.
func (h *Host) enroll(cfg config.Plugins, wanted map[string]*plan) (added []*supervisor, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.phase != phaseRunning {
		return nil, errNotRunning
	}
	before, after := h.roster(), roster{}
	for id, p := range wanted {
		if after[id] = before[id]; after[id] == nil {
			after[id] = newSupervisor(p, h.around)
			added = append(added, after[id])
		}
	}
	if len(added) > 0 {
		if h.runDirBase, err = runDirBase(cfg.RunDir); err != nil {
			return nil, err
		}
		if err := h.prepare(); err != nil {
			return nil, err
		}
	}
	h.cfg = cfg
	h.supervisors.Store(&after)
	for _, s := range added {
		h.launch(s)
	}
	return added, nil
}

// remove lets the plugin drain and stops it.
func (s *supervisor) remove(ctx context.Context) error {
	defer context.AfterFunc(ctx, s.cut)()
	trials := s.present()
	for _, t := range trials {
		defer context.AfterFunc(ctx, t.cut)()
	}
	s.leave()
	<-s.done // every step of a supervisor has a limit
	for _, t := range trials {
		<-t.done
	}
	return nil
}

// awaitFirst waits until a new plugin is ready, or its first process was none.
func (h *Host) awaitFirst(ctx context.Context, s *supervisor) error {
	for {
		h.mu.Lock()
		changed := h.changed
		h.mu.Unlock()
		switch s.info().State {
		case Ready, Degraded:
			return nil
		case Backoff, Rejected, Draining:
			return s.problem()
		case Stopped, Starting:
		}
		select {
		case <-changed:
		case <-s.done:
			return errStopped
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", s.problem(), context.Cause(ctx))
		}
	}
}

func (h *Host) isRunning() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.phase == phaseRunning
}

// same tells whether a process by one plan is as good as one by the other, whatever is tried beside them.
func (p *plan) same(other *plan) bool {
	a, b := *p, *other
	a.trial, b.trial = nil, nil
	return reflect.DeepEqual(a, b)
}

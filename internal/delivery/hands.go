package delivery

import (
	"maps"
	"slices"
	"sync"
	"time"

	"wgink.ink/wechat/internal/store"
)

// hands knows what is on its way to the plugins, over all of them and for each.
type hands struct {
	mu      sync.Mutex
	all     map[store.Claim]struct{}
	plugins map[string]*hand
}

// hand is what this host holds for one plugin. A claimed row waits in stock, is with the plugin, and is held until its
// outcome is written.
type hand struct {
	stock   []item
	calls   int           // with the plugin now
	working int           // held
	solo    bool          // the one that is held is a suspect
	mean    time.Duration // of a call
	claimed time.Time     // when rows were last claimed
	stocked time.Time     // when stock last got shorter or was filled anew
	// suspects: there may be suspects, so look before claiming. They are set when a plugin dies and on each tick,
	// because another host's plugin may have died.
	suspects bool
}

// item is a claimed row with its event.
type item struct {
	delivery store.Delivery
	event    store.Event
	unread   Outcome // the verdict when the event could not be read
	solo     bool
}

// A plugin is given its next event the moment it has answered one, so rows are claimed ahead: as many as it will be
// through with in lookahead, which is nothing for one that needs seconds. A stock that does not move for staleAfter is
// given back, another host may be better off. Each claim costs the database a commit; pace is the least time between two
// of them while there is work in hand, so that under load each brings more.
const (
	lookahead  = 100 * time.Millisecond
	aheadMax   = 256
	staleAfter = 10 * lookahead
	pace       = 4 * time.Millisecond
)

// of finds a plugin's hand. The caller holds mu.
func (h *hands) of(plugin string) *hand {
	p := h.plugins[plugin]
	if p == nil {
		p = &hand{suspects: true} // left from an earlier run, perhaps
		h.plugins[plugin] = p
	}
	return p
}

// room is how many rows of a plugin may be claimed now: none while a suspect is alone with it, nor for a trifle while
// there is stock. wait is when to ask again, if that is sooner than the next call ends.
func (h *hands) room(plugin string, slots int, now time.Time) (rows int, wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(plugin)
	if p.solo {
		return 0, 0
	}
	most := slots + p.ahead(slots)
	free := min(most-p.calls-len(p.stock), 2*most-p.working) // the second: outcomes that wait to be written
	if free <= 0 || (len(p.stock) > 0 && free < most/2) {
		return 0, 0
	}
	if p.working > 0 {
		if wait := pace - now.Sub(p.claimed); wait > 0 {
			return 0, wait
		}
	}
	p.claimed = now
	return free, 0
}

// ahead is how many calls the plugin will be through with in lookahead.
func (p *hand) ahead(slots int) int {
	if p.mean == 0 {
		return 0 // nothing is known yet
	}
	return int(min(time.Duration(slots)*lookahead/p.mean, aheadMax))
}

// took puts claimed rows into stock.
func (h *hands) took(plugin string, items []item) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(plugin)
	for _, it := range items {
		h.all[it.delivery.Claim()] = struct{}{}
		p.working++
		p.solo = it.solo
	}
	if len(p.stock) == 0 {
		p.stocked = time.Now()
	}
	p.stock = append(p.stock, items...)
}

// next takes a row out of stock when the plugin has a slot for it. Stale stock it leaves to be given back: when this host
// was stopped for a while, another one may have the rows by now.
func (h *hands) next(plugin string, slots int, now time.Time) (it item, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(plugin)
	if len(p.stock) == 0 || p.calls >= slots || now.Sub(p.stocked) >= staleAfter {
		return item{}, false
	}
	it, p.stock[0] = p.stock[0], item{} // the slice may live on for long, the payload should not
	p.stock = p.stock[1:]
	p.calls, p.stocked = p.calls+1, now
	return it, true
}

// answered notes the end of a call, and how long it took unless the plugin was not reached.
func (h *hands) answered(plugin string, took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(plugin)
	p.calls--
	switch {
	case took == 0:
	case p.mean == 0:
		p.mean = took
	default:
		p.mean += (took - p.mean) / 8
	}
}

// stale tells whether the stock has not moved for too long. The plugin counts as slow from then on, until calls show
// otherwise.
func (h *hands) stale(plugin string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(plugin)
	if len(p.stock) == 0 || now.Sub(p.stocked) < staleAfter {
		return false
	}
	p.mean = max(p.mean, now.Sub(p.stocked))
	return true
}

// leftOut names plugins with stock that are not among those listed: they were taken out while the host runs.
func (h *hands) leftOut(listed []string) (plugins []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, p := range h.plugins {
		if len(p.stock) > 0 && !slices.Contains(listed, id) {
			plugins = append(plugins, id)
		}
	}
	return plugins
}

// drop empties a plugin's stock: the plugin ended, or there are suspects to be handed over first.
func (h *hands) drop(plugin string) []item {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(plugin)
	stock := p.stock
	p.stock = nil
	return stock
}

// gave notes that an outcome is written; crashed: and that the plugin died.
func (h *hands) gave(d store.Delivery, crashed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, d.Claim())
	p := h.of(d.Plugin)
	p.working--
	if p.working == 0 {
		p.solo = false
	}
	p.suspects = p.suspects || crashed
}

// held is what this host really works on. A claim whose answer was lost is not in it, nor is one whose outcome could not
// be written: their leases must end.
func (h *hands) held() []store.Claim {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.all))
}

// begun forgets all stock and lists the rest of what is held.
func (h *hands) begun() []store.Claim {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.plugins {
		for _, it := range p.stock {
			delete(h.all, it.delivery.Claim())
			p.working--
		}
		p.stock = nil
	}
	return slices.Collect(maps.Keys(h.all))
}

// heldBy lists what is held for these plugins.
func (h *hands) heldBy(plugins []string) []store.Claim {
	return slices.DeleteFunc(h.held(), func(c store.Claim) bool { return !slices.Contains(plugins, c.Plugin) })
}

// idle tells whether nothing is on its way to a plugin.
func (h *hands) idle(plugin string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of(plugin).working == 0
}

// mayHaveSuspects tells whether to look for suspects. Whoever looks calls expectSuspects unless there are none; a plugin
// that dies meanwhile is not forgotten.
func (h *hands) mayHaveSuspects(plugin string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(plugin)
	look := p.suspects
	p.suspects = false
	return look
}

func (h *hands) expectSuspects(plugin string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of(plugin).suspects = true
}

// lookAgain makes the next round look for suspects of every plugin.
func (h *hands) lookAgain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.plugins {
		p.suspects = true
	}
}

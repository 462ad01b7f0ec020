package delivery

import (
	"maps"
	"slices"
	"sync"

	"wgink.ink/wechat/internal/store"
)

// hands knows what is on its way to the plugins, over all of them and for each.
type hands struct {
	mu      sync.Mutex
	all     map[store.Claim]struct{}
	plugins map[string]*hand
}

type hand struct {
	working int  // claimed, until the outcome is written
	claimed int  // of these, not with the plugin yet, so that its capacity does not count them
	solo    bool // the one that is working is a suspect
	// suspects: there may be suspects, so look before claiming. They are set when a plugin dies and on each tick,
	// because another host's plugin may have died.
	suspects bool
}

// of finds a plugin's hand. The caller holds mu.
func (h *hands) of(plugin string) *hand {
	p := h.plugins[plugin]
	if p == nil {
		p = &hand{suspects: true} // left from an earlier run, perhaps
		h.plugins[plugin] = p
	}
	return p
}

// free is how many rows of a plugin may be claimed now; 0 while a suspect is alone with it.
func (h *hands) free(plugin string, capacity, workers int) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.of(plugin)
	if p.solo {
		return 0
	}
	return min(capacity-p.claimed, workers-len(h.all))
}

func (h *hands) took(d store.Delivery, solo bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all[d.Claim()] = struct{}{}
	p := h.of(d.Plugin)
	p.working, p.claimed, p.solo = p.working+1, p.claimed+1, solo
}

// passOn notes that a claimed row is about to reach the plugin, which counts it from then on.
func (h *hands) passOn(plugin string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of(plugin).claimed--
}

// gave notes that an outcome is written; crashed: and that the plugin died.
func (h *hands) gave(d store.Delivery, crashed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, d.Claim())
	p := h.of(d.Plugin)
	p.working, p.solo = p.working-1, false
	p.suspects = p.suspects || crashed
}

// held is what this host really works on. A claim whose answer was lost is not in it, nor is one whose outcome could not
// be written: their leases must end.
func (h *hands) held() []store.Claim {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.all))
}

// idle tells whether nothing is on its way to a plugin.
func (h *hands) idle(plugin string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of(plugin).working == 0
}

func (h *hands) mayHaveSuspects(plugin string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.of(plugin).suspects
}

func (h *hands) noSuspects(plugin string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.of(plugin).suspects = false
}

// lookAgain makes the next round look for suspects of every plugin.
func (h *hands) lookAgain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.plugins {
		p.suspects = true
	}
}

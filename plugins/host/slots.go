package host

// Slots is how many events the plugin takes at once, those under way included: zero while it is not ready, or unknown. A
// canary's places are added, so that what hangs in a canary takes none of the stable version's.
func (h *Host) Slots(plugin string) int {
	s := h.roster()[plugin]
	if s == nil {
		return 0
	}
	s.mu.Lock()
	slots := s.slots()
	s.mu.Unlock()
	if slots == 0 {
		return 0
	}
	for _, t := range s.present() {
		slots += t.extra()
	}
	return slots
}

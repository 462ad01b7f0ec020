package host

// Slots is how many events the plugin takes at once, those under way included: zero while it is not ready, or unknown.
func (h *Host) Slots(plugin string) int {
	s := h.roster()[plugin]
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slots()
}

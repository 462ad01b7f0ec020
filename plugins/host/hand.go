package host

import "time"

// hand is what one process has in hand. Its supervisor's mu guards it.
type hand struct {
	calls   map[string]int       // events under way, by id
	running int                  // their number
	given   map[string]time.Time // the host gave up on these, and until then their handler may still run
	crashed []string             // were under way when the process ended
	left    bool                 // gets no more work
	idle    chan struct{}        // closed when it has left and nothing is under way
}

func newHand() *hand {
	return &hand{calls: map[string]int{}, given: map[string]time.Time{}, idle: make(chan struct{})}
}

func (h *hand) take(event string) {
	h.calls[event]++
	h.running++
}

// give ends one hand-over. handlerUntil is when its handler will have ended; zero when it has.
func (h *hand) give(event string, crashed bool, handlerUntil time.Time) {
	h.running--
	if h.calls[event]--; h.calls[event] == 0 {
		delete(h.calls, event)
	}
	if crashed {
		h.crashed = append(h.crashed, event)
	}
	if !handlerUntil.IsZero() {
		h.dropEnded()
		h.given[event] = handlerUntil
	}
	h.close()
}

func (h *hand) dropEnded() {
	for event, until := range h.given {
		if time.Now().After(until) {
			delete(h.given, event)
		}
	}
}

// leave is called when the process gets no more work; twice is harmless.
func (h *hand) leave() {
	h.left = true
	h.close()
}

func (h *hand) close() {
	if !h.left || h.running > 0 {
		return
	}
	select {
	case <-h.idle:
	default:
		close(h.idle)
	}
}

// has tells whether the event's handler may run in this process.
func (h *hand) has(event string) bool {
	_, given := h.given[event]
	return given || h.calls[event] > 0
}

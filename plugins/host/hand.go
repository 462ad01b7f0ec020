package host

import "time"

// hand is what one process has in hand. Its supervisor's mu guards it.
type hand struct {
	calls   map[string]int     // events under way, by id
	running int                // their number
	given   map[string]givenUp // the host gave up on these, and their handler may still run
	crashed []string           // were under way when the process ended
	left    bool               // gets no more work
	idle    chan struct{}      // closed when it has left and nothing is under way
}

// givenUp is an event whose call ended before its handler was known to have.
type givenUp struct {
	at    time.Time // the call ended
	until time.Time // a handler that runs longer has the process replaced
	read  time.Time // from here on the plugin knows that the call has ended, and begins no handler for it; zero until known
}

func newHand() *hand {
	return &hand{calls: map[string]int{}, given: map[string]givenUp{}, idle: make(chan struct{})}
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
		h.given[event] = givenUp{at: time.Now(), until: handlerUntil}
	}
	h.close()
}

// dropEnded forgets what the health checks vouch for. Nobody checks a process that leaves.
func (h *hand) dropEnded() {
	for event, g := range h.given {
		if !h.left && time.Now().After(g.until) {
			delete(h.given, event)
		}
	}
}

// learn forgets the events whose handlers have ended by what the plugin told: how many run, and for how long the oldest
// has. A connection keeps its order, so a plugin that answers a question has read of every call that ended before it, and
// begins no handler for one of those: what runs since before that answer is older than it.
func (h *hand) learn(asked, answered time.Time, running uint32, oldest time.Duration) {
	for event, g := range h.given {
		switch {
		case g.at.After(asked):
		case running == 0, oldest > 0 && !g.read.IsZero() && oldest < asked.Sub(g.read):
			delete(h.given, event)
		case g.read.IsZero():
			g.read = answered
			h.given[event] = g
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

// has tells whether the event's handler may run in this process. For one that leaves only its end counts.
func (h *hand) has(event string) bool {
	g, given := h.given[event]
	return h.calls[event] > 0 || given && (h.left || time.Now().Before(g.until))
}

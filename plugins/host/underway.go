package host

import (
	"sync"
	"time"
)

// underWay knows the events a plugin has now and until when, so that a call it makes for one ends with it.
type underWay struct {
	mu     sync.Mutex
	events map[string]time.Time
}

func newUnderWay() *underWay { return &underWay{events: map[string]time.Time{}} }

// enter says that the plugin has an event until the deadline, or until leave is called.
func (u *underWay) enter(event string, deadline time.Time) (leave func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.events[event] = deadline
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.events, event)
	}
}

func (u *underWay) deadline(event string) (time.Time, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	deadline, ok := u.events[event]
	return deadline, ok
}

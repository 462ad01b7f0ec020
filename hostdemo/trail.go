package main

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"sync"
	"time"
)

// trailLength is how many steps are kept; older ones are forgotten.
const trailLength = 600

// actor is who does something.
type actor string

const (
	atPhone  actor = "phone"
	atHost   actor = "host"
	atWeChat actor = "wechat"
	atPlugin actor = "plugin"
	atBooks  actor = "books"
)

// step is one thing that happened: a request with its answer, or something one actor did by itself.
type step struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"` // when it began; steps are recorded when they end
	TookMs  float64   `json:"took_ms,omitempty"`
	From    actor     `json:"from"`
	To      actor     `json:"to,omitempty"` // empty: From by itself
	Title   string    `json:"title"`        // Chinese, for the page
	Plain   string    `json:"-"`            // English, for the tour; empty: Title
	Note    string    `json:"note,omitempty"`
	Problem bool      `json:"problem,omitempty"`
	Call    *call     `json:"call,omitempty"`
	Fields  []field   `json:"fields,omitempty"`
	Event   string    `json:"event,omitempty"` // id of the event it is about
	Plugin  string    `json:"plugin,omitempty"`
}

// call is a request and its answer, as they were on the wire but for secrets.
type call struct {
	Method string  `json:"method"`
	Path   string  `json:"path"`
	Header []field `json:"header,omitempty"`
	Body   string  `json:"body,omitempty"`
	Status int     `json:"status"` // 0: no answer
	Answer string  `json:"answer,omitempty"`
	Error  string  `json:"error,omitempty"`
}

type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// trail keeps the latest steps and lets readers wait for the next one. No secret gets into it: add masks every text.
type trail struct {
	id string // of this run; a page notices a restart by it

	mu     sync.Mutex
	mask   mask
	steps  []step
	last   int64
	change chan struct{} // closed and replaced with each step
	closed bool
}

func newTrail() *trail {
	return &trail{id: strconv.FormatInt(time.Now().UnixNano(), 36), mask: newMask(), change: make(chan struct{})}
}

// hide makes the trail mask these texts wherever they appear.
func (t *trail) hide(secrets ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mask.secrets = append(t.mask.secrets, secrets...)
}

func (t *trail) add(s step) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last++
	s.Seq = t.last
	if s.At.IsZero() {
		s.At = time.Now()
	}
	t.steps = append(t.steps, t.mask.step(s))
	if len(t.steps) > trailLength {
		t.steps = slices.Delete(t.steps, 0, len(t.steps)-trailLength)
	}
	close(t.change)
	t.change = make(chan struct{})
}

// close lets every waiting reader go; steps can still be added and read.
func (t *trail) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.closed = true
		close(t.change)
		t.change = make(chan struct{})
	}
}

// since gives the steps after seq in the order they were recorded, and a channel that ends with the next one.
func (t *trail) since(seq int64) (steps []step, change <-chan struct{}, closed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, _ := slices.BinarySearchFunc(t.steps, seq+1, func(s step, seq int64) int { return cmp.Compare(s.Seq, seq) })
	return slices.Clone(t.steps[at:]), t.change, t.closed
}

// next waits until there is a step after seq. It gives none when ctx or the trail ends first.
func (t *trail) next(ctx context.Context, seq int64) []step {
	for {
		steps, change, closed := t.since(seq)
		if len(steps) > 0 || closed {
			return steps
		}
		select {
		case <-change:
		case <-ctx.Done():
			return nil
		}
	}
}

// now is the number of the latest step.
func (t *trail) now() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

package host

import (
	"log/slog"
	"slices"
	"strings"
	"sync"
)

const (
	tailLines   = 40  // kept for error messages
	tailLineMax = 300 // bytes of each
	panicLines  = 20  // kept from where a panic begins: a long stack pushes them out of the tail
)

// output takes what one process prints: every line goes to the host's log, as far as its plugin's budget lasts, and the
// last ones are kept to tell why the process ended.
type output struct {
	logger *slog.Logger
	clean  cleaner
	budget *logBudget

	mu   sync.Mutex
	tail []string
	head []string // of the last panic
}

func newOutput(logger *slog.Logger, clean cleaner, budget *logBudget) *output {
	return &output{logger: logger, clean: clean, budget: budget}
}

// line takes one line. One that cannot be logged, because the host's logger panics, is dropped: the plugin goes on.
func (o *output) line(raw []byte) {
	_ = safely(o.logger, "logging a plugin's line", func() error {
		o.take(raw)
		return nil
	})
}

func (o *output) take(raw []byte) {
	text := strings.TrimRight(string(raw), "\r")
	if strings.TrimSpace(text) == "" {
		return
	}
	kept := o.clean.text(text)
	size := len(kept) // as it is logged: control characters grow
	if strings.HasPrefix(text, "{") {
		size = max(size, len(text)) // a record may have many long fields
	}
	o.keep(cut(kept, tailLineMax))
	if o.budget.pass(o.logger, size) {
		logLine(o.logger, o.clean, text)
	}
}

// keep adds a line to the tail.
func (o *output) keep(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tail = append(o.tail, line); len(o.tail) > tailLines {
		o.tail = o.tail[1:]
	}
	if looksLikePanic(line) {
		o.head = []string{line}
	} else if n := len(o.head); n > 0 && n < panicLines {
		o.head = append(o.head, line)
	}
}

// looksLikePanic tells whether a line is the first of what a Go program prints when it dies.
func looksLikePanic(line string) bool {
	return strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:")
}

// last gives the last lines printed, and the first ones of the last panic.
func (o *output) last() (tail, head []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.tail), slices.Clone(o.head)
}

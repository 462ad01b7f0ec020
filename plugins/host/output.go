package host

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	tailLines   = 40  // kept for error messages
	tailLineMax = 300 // bytes of each
	panicLines  = 20  // kept from where a panic begins: a long stack pushes them out of the tail
	linesPerSec = 500 // logged; the rest is counted
	// bytesPerMin bounds what a plugin that never stops printing leaves in the host's log; a burst may have as much at once.
	bytesPerMin = 1 << 20
)

// output takes what one process prints: every line goes to the host's log, up to a rate, and the last ones are kept to
// tell why a process ended.
type output struct {
	logger *slog.Logger
	clean  cleaner
	now    func() time.Time

	mu      sync.Mutex
	tail    []string
	head    []string // of the last panic
	window  time.Time
	lines   int // in the window
	bytes   int // that may still be logged; filled up with each window
	dropped int // in the window
}

func newOutput(logger *slog.Logger, clean cleaner) *output {
	return &output{logger: logger, clean: clean, now: time.Now, bytes: bytesPerMin}
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
	if len(kept) > tailLineMax {
		kept = strings.ToValidUTF8(kept[:tailLineMax], "") + "…"
	}
	if o.keep(kept, size) {
		logLine(o.logger, o.clean, text)
	}
}

// keep adds a line to the tail and says whether it may be logged, with so many bytes.
func (o *output) keep(line string, bytes int) bool {
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
	return o.pass(bytes)
}

// looksLikePanic tells whether a line is the first of what a Go program prints when it dies.
func looksLikePanic(line string) bool {
	return strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:")
}

// pass is called with mu held.
func (o *output) pass(bytes int) bool {
	if now := o.now(); now.Sub(o.window) >= time.Second {
		o.reportDropped()
		gained := min(now.Sub(o.window), time.Minute) * bytesPerMin / time.Minute
		o.window, o.lines, o.bytes = now, 0, min(o.bytes+int(gained), bytesPerMin)
	}
	o.lines++
	if o.lines > linesPerSec || bytes > o.bytes {
		o.dropped++
		return false
	}
	o.bytes -= bytes
	return true
}

func (o *output) reportDropped() {
	if dropped := o.dropped; dropped > 0 {
		o.dropped = 0
		o.logger.LogAttrs(context.Background(), slog.LevelWarn, "plugin prints too much, lines were dropped",
			slog.Int("lines", dropped))
	}
}

// last gives the last lines printed, and the first ones of the last panic.
func (o *output) last() (tail, head []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.tail), slices.Clone(o.head)
}

// end reports lines dropped last. It is called when nothing more is printed.
func (o *output) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reportDropped()
}

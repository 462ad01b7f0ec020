package host

import (
	"context"
	"strconv"
)

// overMax is how many readings in a row must be over the limit before the plugin is replaced: one can be a moment
// before the garbage is collected.
const overMax = 2

// softMemory is what GOMEMLIMIT says: from there on a Go plugin collects garbage harder, before it reaches its limit.
func softMemory(limit int64) string { return strconv.FormatInt(limit/10*9, 10) }

// memory reads how much memory the process uses, and replaces it when that is too much.
func (w *watcher) memory(ctx context.Context) {
	used, ok := residentMemory(w.p.runner.pid())
	if !ok {
		return
	}
	w.mu.Lock()
	w.p.memory = used
	w.mu.Unlock()
	if used <= w.p.plan.memory {
		w.over = 0
		return
	}
	if w.over++; w.over < overMax {
		return
	}
	w.p.logger.WarnContext(ctx, "plugin uses more memory than it may, another process will take over",
		"bytes", used, "limit", w.p.plan.memory)
	w.replaceSelf(ctx, "memory")
}

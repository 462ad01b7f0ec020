package host

import "fmt"

// window is the last events of a canary, and what the stable version made of those that came meanwhile: a disturbance that
// both suffer from shows on both sides, and leaves on both at once, however few the canary gets.
type window struct {
	size          int
	spans         []span // a ring once it has the size
	oldest        int
	open          Tally // the stable version's since the canary's last event
	tried, stable Tally // sums
}

// span is one event of the canary, and those of the stable version since the one before it.
type span struct {
	failed bool
	stable Tally
}

// windowMin and windowMax bound a window, in events of the canary. It is windowFold times min-events.
const (
	windowFold = 10
	windowMax  = 10_000
)

func newWindow(minEvents int) *window {
	return &window{size: max(minEvents, min(windowFold*minEvents, windowMax))}
}

// compare notes an event of the stable version.
func (w *window) compare(failed bool) {
	w.open.add(failed)
	w.stable.add(failed)
}

// try notes an event of the canary.
func (w *window) try(failed bool) {
	latest := span{failed: failed, stable: w.open}
	w.open = Tally{}
	w.tried.add(failed)
	if len(w.spans) < w.size {
		w.spans = append(w.spans, latest)
		return
	}
	gone := w.spans[w.oldest]
	w.spans[w.oldest] = latest
	w.oldest = (w.oldest + 1) % w.size
	var one Tally
	one.add(gone.failed)
	w.tried.remove(one)
	w.stable.remove(gone.stable)
}

func (t *Tally) add(failed bool) {
	t.Events++
	if failed {
		t.Errors++
	}
}

func (t *Tally) remove(other Tally) {
	t.Events -= other.Events
	t.Errors -= other.Errors
}

// judge says whether a canary fails too often. With fewer events of the stable version than are asked of the canary there
// is nothing to compare with: one failure among a few would excuse everything.
func judge(w *window, by *trialPlan) error {
	tried, stable := w.tried, w.stable
	if tried.Events < by.minEvents {
		return nil
	}
	failed := fmt.Sprintf("it failed %d of its last %d events (%.1f %%)", tried.Errors, tried.Events, tried.percent())
	switch {
	case stable.Events < by.minEvents && tried.percent() > float64(by.maxErrors):
		return fmt.Errorf("%s: more than %d %%; the stable version's %d meanwhile are too few to compare with", failed, by.maxErrors,
			stable.Events)
	case tried.percent() > stable.percent()+float64(by.maxErrors):
		return fmt.Errorf("%s, the stable version %d of %d meanwhile (%.1f %%): more than %d percentage points apart", failed,
			stable.Errors, stable.Events, stable.percent(), by.maxErrors)
	default:
		return nil
	}
}

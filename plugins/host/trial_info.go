package host

import "time"

// CanaryState is how far the trial of a version has come.
type CanaryState string

// The states.
const (
	CanaryWaiting    CanaryState = "waiting"     // for the stable version to be ready for the first time
	CanaryShadow     CanaryState = "shadow"      // gets events of the past, without effects
	CanaryShare      CanaryState = "share"       // gets its share of the new events, once its process is ready
	CanaryPassed     CanaryState = "passed"      // withstood the shadow run, and shall have no share
	CanaryUnproven   CanaryState = "unproven"    // shall have no share either, and the past had no event to prove anything with
	CanaryRolledBack CanaryState = "rolled-back" // failed: the stable version has all events
	CanaryRejected   CanaryState = "rejected"    // its folder or configuration was wrong when the host started: it is not tried
)

// Canary describes a version that is tried beside the stable one. What was counted is lost with the host.
type Canary struct {
	Version   string
	Share     int // percentage of the subjects whose new events it gets
	State     CanaryState
	Since     time.Time // when the state began
	Reason    string    // why it was rolled back or rejected
	Tried     Tally     // events of its share; the last of them are judged
	Compared  Tally     // events of the same kinds that the stable version had meanwhile, for the first time
	MinEvents int       // before its errors count
	MaxErrors int       // percentage points
	// Process describes its process: state, crashes and so on. Nil before the first.
	Process *Info
	// Shadow tells how the shadow run went. Nil before, and without one.
	Shadow *ShadowReport
}

// Tally counts events by how their first hand-over ended.
type Tally struct {
	Events int
	Errors int // retry, reject, the time limit, or that the canary was busy
}

func (t *Tally) percent() float64 {
	if t.Events == 0 {
		return 0
	}
	return 100 * float64(t.Errors) / float64(t.Events)
}

func (t *trial) info() *Canary {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := &Canary{
		Version: t.plan.plan.version, Share: t.plan.share, State: t.state, Since: t.since, Reason: t.reason, Tried: t.tried,
		Compared: t.compared, MinEvents: t.plan.minEvents, MaxErrors: t.plan.maxErrors, Shadow: t.report.copy(),
	}
	if t.supervisor != nil {
		process := t.supervisor.info()
		c.Process = &process
	}
	return c
}

package host

import (
	"cmp"
	"slices"
	"time"
)

// State is where a plugin's process is in its life.
type State string

// The states. Only Ready and Degraded get work.
const (
	Stopped  State = "stopped"  // the host has not started, or has stopped
	Starting State = "starting" // the process runs, but is not configured yet
	Ready    State = "ready"    // takes work
	Degraded State = "degraded" // missed a health check or has stuck handlers: one event at a time
	Backoff  State = "backoff"  // waits before the next start
	Draining State = "draining" // finishes its work before it is stopped
	Rejected State = "rejected" // cannot run as it is: a person must change something, then reload it or restart the host
)

// Info describes one enabled plugin.
type Info struct {
	ID, Version string
	Handles     []string // the manifest's patterns
	Granted     []string // permissions it has
	Withheld    []string // permissions it asks for and was not granted
	Hash        string   // of the folder's content, as plugins.lock pins it; empty when any content will do
	State       State
	Since       time.Time // when the state began
	Alarm       bool      // it has ended five times within ten minutes, and waits longer for it
	NextStart   time.Time // when the next process starts; zero unless the state is Backoff
	PID         int       // of the process that works, or starts; 0 while none does
	Starts      int       // processes started so far
	Running     int       // events under way, also in processes that were replaced and drain
	Draining    int       // processes that were replaced and have not ended yet
	Concurrency int       // the most events that may be under way in one process
	Timeout     time.Duration
	Memory      int64   // bytes its process held when last looked, every ten seconds; zero where that is not known
	MemoryLimit int64   // bytes
	LastError   string  // why the last process ended or did not start
	Swaps       int     // hot swaps that succeeded
	LastSwap    *Swap   // nil when there was none
	Crashes     []Crash // how the last processes ended that nobody asked to, the newest first, at most five
	Canary      *Canary // the version that is tried beside this one; nil without one
}

func (s *supervisor) info() Info {
	canary := s.trying().info()
	s.mu.Lock()
	defer s.mu.Unlock()
	i := Info{
		ID: s.id, Version: s.plan.version, Hash: s.plan.sum, State: s.state, Since: s.since, NextStart: s.nextAt, Alarm: s.alarm && !s.calm(), Starts: s.starts,
		Draining: len(s.leaving), Concurrency: s.plan.concurrency, Timeout: s.plan.timeout, LastError: s.lastErr,
		MemoryLimit: s.plan.memory, Swaps: s.swaps, Granted: s.plan.granted, Withheld: s.plan.withheld,
	}
	i.Crashes, i.Canary = slices.Clone(s.crashes), canary
	if s.lastSwap != nil {
		last := *s.lastSwap
		i.LastSwap = &last
	}
	for _, p := range s.plan.manifest.Handles {
		i.Handles = append(i.Handles, string(p))
	}
	for _, p := range s.leaving {
		i.Running += p.hand.running
		if s.state == Draining {
			i.PID = p.runner.pid()
		}
	}
	if p := cmp.Or(s.process, s.starting); p != nil {
		i.PID, i.Memory = p.runner.pid(), p.memory
		i.Running += p.hand.running
	}
	return i
}

// calm tells whether the last exits are long ago. mu is held.
func (s *supervisor) calm() bool {
	return s.state == Ready && time.Since(s.since) >= s.around.limits.alarmWithin
}

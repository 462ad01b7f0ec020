package host

import "time"

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
	Rejected State = "rejected" // cannot run as it is: a person must change something and restart the host
)

// Info describes one enabled plugin.
type Info struct {
	ID, Version string
	Handles     []string // the manifest's patterns
	Granted     []string // permissions it has
	Withheld    []string // permissions it asks for and was not granted
	State       State
	Since       time.Time // when the state began
	PID         int       // 0 while no process runs
	Starts      int       // processes started so far
	Running     int       // events under way
	Concurrency int       // the most that may be
	Timeout     time.Duration
	LastError   string // why the last process ended or did not start
}

package host

import "time"

// A plugin may call its host this often: callsPerSecond in the long run, callsAtOnce after a pause. A handler that makes
// a few calls for each event stays far below; a loop that runs wild does not reach WeChat.
const (
	callsPerSecond = 100
	callsAtOnce    = 200
)

// allowance is what one plugin may do to its host. All its processes share it: one that ends itself, or is swapped, gets
// no fresh one.
type allowance struct {
	calls *rate      // of the host
	vain  *thinning  // records of calls that changed nothing
	log   *logBudget // what it prints
}

func newAllowance(now time.Time) *allowance {
	return &allowance{calls: newRate(callsPerSecond, callsAtOnce, now), vain: newThinning(now), log: newLogBudget()}
}

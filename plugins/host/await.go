package host

import "time"

// awaitExit waits for the process to be gone; a process that was never started is.
func (p *process) awaitExit(limit time.Duration) bool {
	if p.runner.pid() == 0 {
		return true
	}
	return waitFor(p.runner.exited, limit)
}

// waitFor tells whether done was closed within the limit.
func waitFor(done <-chan struct{}, limit time.Duration) bool {
	select {
	case <-done:
		return true
	default:
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

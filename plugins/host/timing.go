package host

import "time"

// timing holds every limit a supervisor keeps, so that tests need not wait for them.
type timing struct {
	start     time.Duration // from exec to the handshake
	describe  time.Duration
	configure time.Duration // includes the plugin's own Start

	healthEvery time.Duration
	healthCall  time.Duration
	missesMax   int           // health checks missed in a row before the process is killed
	hangCall    time.Duration // after an event's time limit, or when the host stops: silent for so long, and it is killed at once

	memoryEvery time.Duration
	dataMin     int64 // bytes; the kernel's limit is never lower: a runtime reserves far more than it uses

	// A stop takes drainCall + settle + kill + 2 × exit at most: less than five seconds.
	drainWait time.Duration // for events under way
	drainCall time.Duration // the same and the plugin's own Stop
	settle    time.Duration // for answers on their way when the plugin says that it is empty
	kill      time.Duration // for the process to end by itself, after that the group is killed
	exit      time.Duration // for a killed process to be gone

	backoffFirst time.Duration // the second restart in a row; the first is immediate
	backoffMax   time.Duration
	backoffReset time.Duration // ready for so long, and the count of restarts begins anew
	alarmExits   int           // so many exits within alarmWithin raise an alarm
	alarmWithin  time.Duration
	alarmMax     time.Duration // in place of backoffMax then
}

func defaultTiming() timing {
	return timing{
		start: 10 * time.Second, describe: 2 * time.Second, configure: 10 * time.Second,
		healthEvery: 10 * time.Second, healthCall: 2 * time.Second, missesMax: 3, hangCall: 800 * time.Millisecond,
		memoryEvery: 10 * time.Second, dataMin: 1 << 30,
		drainWait: 2 * time.Second, drainCall: 2500 * time.Millisecond, settle: 250 * time.Millisecond,
		kill: 750 * time.Millisecond, exit: 500 * time.Millisecond,
		backoffFirst: 500 * time.Millisecond, backoffMax: time.Minute, backoffReset: 5 * time.Minute,
		alarmExits: 5, alarmWithin: 10 * time.Minute, alarmMax: 5 * time.Minute,
	}
}

package operate

import (
	"time"

	"wgink.ink/wechat/plugins/host"
)

// States of what has events but is no plugin process of this host.
const (
	InProcess  = "in-process"  // a handler of the host's own
	NotEnabled = "not-enabled" // its events wait until it is enabled
)

// Plugin is a plugin, or a handler of the host's own, with what waits for it.
type Plugin struct {
	ID          string    `json:"id"`
	Version     string    `json:"version"`
	State       string    `json:"state"`
	Since       time.Time `json:"since,omitzero"`
	Alarm       bool      `json:"alarm"` // keeps ending
	PID         int       `json:"pid"`
	Starts      int       `json:"starts"`
	NextStart   time.Time `json:"next_start,omitzero"`
	LastError   string    `json:"last_error"`
	Running     int       `json:"running"` // events in this host's processes
	Concurrency int       `json:"concurrency"`
	Draining    int       `json:"draining"` // processes that were replaced and have not ended
	Handles     []string  `json:"handles"`
	Granted     []string  `json:"granted"`
	Withheld    []string  `json:"withheld"`
	Timeout     Seconds   `json:"timeout_seconds"`
	Memory      int64     `json:"memory_bytes"` // 0: not known
	MemoryLimit int64     `json:"memory_limit_bytes"`
	Hash        string    `json:"hash"` // what plugins.lock says; empty: any content
	Swaps       int       `json:"swaps"`
	LastSwap    *Swap     `json:"last_swap,omitempty"`
	Crashes     []Crash   `json:"crashes"` // the newest first
	Canary      *Canary   `json:"canary,omitempty"`
	Queue       Queue     `json:"queue"`
}

// Queue counts events of one plugin, on all hosts. Capped is up to where pending and dead ones are counted.
type Queue struct {
	Pending int     `json:"pending"`
	Running int     `json:"running"`
	Dead    int     `json:"dead"`
	Oldest  Seconds `json:"oldest_pending_seconds"`
	Capped  int     `json:"capped"`
}

// Swap is a hot swap.
type Swap struct {
	At     time.Time `json:"at"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	Reason string    `json:"reason"`
	Error  string    `json:"error"`
}

// Crash is the report of a process that nobody asked to end.
type Crash struct {
	At       time.Time `json:"at"`
	Version  string    `json:"version"`
	PID      int       `json:"pid"`
	ReadyFor Seconds   `json:"ready_seconds"`
	Reason   string    `json:"reason"`
	Status   string    `json:"status"`
	Events   []string  `json:"events"`
	Panic    []string  `json:"panic"`
	Output   []string  `json:"output"`
}

// Seconds is a time span as JSON has it.
type Seconds float64

// SecondsOf converts.
func SecondsOf(d time.Duration) Seconds { return Seconds(d.Seconds()) }

// Duration converts back.
func (s Seconds) Duration() time.Duration { return time.Duration(float64(s) * float64(time.Second)) }

// PluginOf is a plugin as the plugin host describes it.
func PluginOf(i host.Info) Plugin {
	p := Plugin{
		ID: i.ID, Version: i.Version, State: string(i.State), Since: i.Since, Alarm: i.Alarm, PID: i.PID, Starts: i.Starts,
		NextStart: i.NextStart, LastError: i.LastError, Running: i.Running, Concurrency: i.Concurrency, Draining: i.Draining,
		Handles: i.Handles, Granted: i.Granted, Withheld: i.Withheld, Timeout: SecondsOf(i.Timeout), Memory: i.Memory,
		MemoryLimit: i.MemoryLimit, Hash: i.Hash, Swaps: i.Swaps,
	}
	if i.LastSwap != nil {
		p.LastSwap = &Swap{At: i.LastSwap.At, From: i.LastSwap.From, To: i.LastSwap.To, Reason: i.LastSwap.Reason, Error: i.LastSwap.Error}
	}
	p.Crashes, p.Canary = crashesOf(i.Crashes), canaryOf(i.Canary)
	return p
}

func crashesOf(all []host.Crash) (out []Crash) {
	for _, c := range all {
		out = append(out, Crash{
			At: c.At, Version: c.Version, PID: c.PID, ReadyFor: SecondsOf(c.ReadyFor), Reason: c.Reason, Status: c.Status,
			Events: c.Events, Panic: c.Panic, Output: c.Output,
		})
	}
	return out
}

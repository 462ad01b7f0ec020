package operate

import (
	"time"

	"wgink.ink/wechat/plugins/host"
)

// Canary is a version that is tried beside a plugin's stable one.
type Canary struct {
	Version   string    `json:"version"`
	Share     int       `json:"share_percent"`
	State     string    `json:"state"`
	Since     time.Time `json:"since"`
	Reason    string    `json:"reason"` // why it was rolled back or rejected
	Tried     Tally     `json:"tried"`
	Compared  Tally     `json:"compared"` // the stable version's, meanwhile
	MinEvents int       `json:"min_events"`
	MaxErrors int       `json:"max_errors"`
	Process   *Process  `json:"process,omitempty"` // none before the first
	Shadow    *Shadow   `json:"shadow,omitempty"`
}

// Process is the canary's own.
type Process struct {
	PID         int       `json:"pid"`
	State       string    `json:"state"`
	Since       time.Time `json:"since"`
	LastError   string    `json:"last_error"`
	Running     int       `json:"running"`
	Memory      int64     `json:"memory_bytes"` // 0: not known
	MemoryLimit int64     `json:"memory_limit_bytes"`
	Crashes     []Crash   `json:"crashes"`
}

// Tally counts events.
type Tally struct {
	Events int `json:"events"`
	Errors int `json:"errors"`
}

// Shadow is the report of a shadow run.
type Shadow struct {
	Began       time.Time      `json:"began"`
	Ended       time.Time      `json:"ended,omitzero"`
	Events      int            `json:"events"`
	Handled     int            `json:"handled"` // by the stable version: the verdict is about these
	Left        int            `json:"left"`    // not handed over, the verdict was certain
	Skipped     int            `json:"skipped"`
	Outcomes    map[string]int `json:"outcomes"`
	Worse       int            `json:"worse"`
	Better      int            `json:"better"`
	Differences []Difference   `json:"differences"`
	Calls       int            `json:"calls"`
	Noted       []NotedCall    `json:"noted"`
}

// Difference is an event on which the two versions do not agree.
type Difference struct {
	Event  string `json:"event"`
	Kind   string `json:"kind"`
	Before string `json:"before"`
	Now    string `json:"now"`
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// NotedCall is a call of the host that was noted and not made.
type NotedCall struct {
	Event   string `json:"event"`
	Call    string `json:"call"`
	Request string `json:"request"`
}

func canaryOf(c *host.Canary) *Canary {
	if c == nil {
		return nil
	}
	out := &Canary{
		Version: c.Version, Share: c.Share, State: string(c.State), Since: c.Since, Reason: c.Reason, Tried: Tally(c.Tried),
		Compared: Tally(c.Compared), MinEvents: c.MinEvents, MaxErrors: c.MaxErrors, Shadow: shadowOf(c.Shadow),
	}
	if p := c.Process; p != nil {
		out.Process = &Process{
			PID: p.PID, State: string(p.State), Since: p.Since, LastError: p.LastError, Running: p.Running, Memory: p.Memory,
			MemoryLimit: p.MemoryLimit, Crashes: crashesOf(p.Crashes),
		}
	}
	return out
}

func shadowOf(r *host.ShadowReport) *Shadow {
	if r == nil {
		return nil
	}
	out := &Shadow{
		Began: r.Began, Ended: r.Ended, Events: r.Events, Handled: r.Handled, Left: r.Left, Skipped: r.Skipped, Outcomes: r.Outcomes, Worse: r.Worse,
		Better: r.Better, Calls: r.Calls,
	}
	for _, d := range r.Differences {
		out.Differences = append(out.Differences, Difference{
			Event: d.EventID, Kind: d.Type, Before: d.Before.Result.String(), Now: d.Now.Result.String(), Code: d.Now.Code,
			Reason: d.Now.Message,
		})
	}
	for _, n := range r.Noted {
		out.Noted = append(out.Noted, NotedCall{Event: n.EventID, Call: n.Call, Request: n.Request})
	}
	return out
}

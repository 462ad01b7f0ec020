// Package delivery brings events to plugins: at least once, with the event id as idempotency key, with back-off and,
// after the last try, a dead letter.
//
// The rows of wechat_deliveries are the queue. They are written in the transaction that makes the event true, so either
// both happen or neither does. A host claims due rows under a lease, renews the lease while it works, and every host
// takes back what a dead one left. What a plugin is, the package does not know: it sees a Receiver.
package delivery

import (
	"context"
	"time"
)

// Receiver is who events are handed to.
type Receiver interface {
	// Subscribers names the plugins that want events of this kind, whether they run at the moment or not.
	Subscribers(kind string) []string
	// Plugins names all plugins.
	Plugins() []string
	// Slots is how many hand-overs a plugin takes at once, those under way included; 0 while it is not ready.
	Slots(plugin string) int
	// Deliver hands over one event and returns when the plugin has answered, or its deadline has passed.
	Deliver(ctx context.Context, plugin string, h Handover) Outcome
}

// Handover is one event on its way to one plugin.
type Handover struct {
	EventID    string // the idempotency key: the same for every try, every host and every replay
	Kind       string // payment.succeeded, user.created, …
	WeChatType string // TRANSACTION.SUCCESS, …; empty for user events
	Subject    string // one at a time per plugin and subject
	Attempt    int    // 1, and one more for each that failed or was a crash, of the plugin or its host; a replay begins anew
	OccurredAt time.Time
	Replay     bool   // asked for again by hand
	Compared   bool   // whether it was compared with a stored order
	Payload    []byte // JSON: WeChat's, byte for byte, or ours for user events
}

// Result says what the plugin made of an event.
type Result int

// The results. NotReady and Crashed say nothing about the event, so they do not count against it.
const (
	Done     Result = iota + 1 // handled, or handled before
	Retry                      // try again later
	Reject                     // never try again: dead letter
	NotReady                   // not handed over
	Crashed                    // the plugin ended while it had the event: whether it took effect is unknown
)

// Outcome is a Result with its details.
type Outcome struct {
	Result  Result
	After   time.Duration // with Retry: not before; 0 means the usual schedule
	Code    string        // short and fixed, for counting
	Message string        // for people
	Version string        // of the plugin that had it; empty when none had, and for what has no version
}

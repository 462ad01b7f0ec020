// Package operate lets an operator's command reach a running host: a small HTTP API on a unix socket that only the host's
// user can open, and the client for it. It translates; what a command does is the module's business.
//
// There is no port and no token: whoever may open the file may ask. Browsers cannot.
package operate

import (
	"context"
	"time"
)

// Module is what the API asks of the module. Errors are *Error where the caller can act on them.
type Module interface {
	Plugins(ctx context.Context) ([]Plugin, error)
	// Reload reads the configuration again and makes its plugins run; with an id only that one, which is replaced in any
	// case, with force every one.
	Reload(ctx context.Context, plugin string, force bool) error
	DeadLetters(ctx context.Context, f DeadFilter) ([]DeadLetter, error)
	Event(ctx context.Context, id string, payload bool) (Event, error)
	Requeue(ctx context.Context, event, plugin string) error
	RequeueAll(ctx context.Context, plugin, code string) (int, error)
	Replay(ctx context.Context, event, plugin string) error
}

// Host is what a running host tells of itself.
type Host struct {
	PID        int       `json:"pid"`
	Started    time.Time `json:"started"`
	ConfigFile string    `json:"config_file"` // absolute; empty when the host did not tell the module
	Socket     string    `json:"socket"`
}

// Command is the body of every request that changes something.
type Command struct {
	Plugin string `json:"plugin,omitempty"`
	Event  string `json:"event,omitempty"`
	Code   string `json:"code,omitempty"`
	All    bool   `json:"all,omitempty"`
	Force  bool   `json:"force,omitempty"`
}

// DeadFilter chooses dead letters, see DeadLetter.Place.
type DeadFilter struct {
	Plugin, Code string
	After        Place
	Limit        int
}

// DeadLetter is an event that is not tried again by itself.
type DeadLetter struct {
	Event   string    `json:"event"`
	Plugin  string    `json:"plugin"`
	Subject string    `json:"subject"`
	Code    string    `json:"code"`
	Reason  string    `json:"reason"`
	Since   time.Time `json:"since"`
}

// Event is an event and what became of it.
type Event struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind"`
	WeChatType string     `json:"wechat_type"`
	Subject    string     `json:"subject"`
	NoticeID   string     `json:"notice_id"`
	Verdict    string     `json:"verdict"`
	Compared   bool       `json:"compared"`
	OccurredAt time.Time  `json:"occurred_at"`
	KeptAt     time.Time  `json:"kept_at"`
	Deliveries []Delivery `json:"deliveries"`
	Payload    string     `json:"payload,omitempty"` // decrypted JSON, only when asked for
}

// Delivery is an event on its way to a plugin.
type Delivery struct {
	Plugin    string    `json:"plugin"`
	State     string    `json:"state"`
	Attempts  int       `json:"attempts"` // claims, also those that were given back
	Failures  int       `json:"failures"`
	Crashes   int       `json:"crashes"`
	Replay    bool      `json:"replay"`
	DueAt     time.Time `json:"due_at,omitzero"`
	Code      string    `json:"code"`
	Reason    string    `json:"reason"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

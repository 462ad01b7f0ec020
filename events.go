package wechat

import (
	"context"
	"fmt"
	"time"

	"wgink.ink/wechat/internal/store"
)

// Event is what the module keeps about a payment notice or a change of a user, but for its content: see EventPayload.
type Event struct {
	ID         string
	Kind       string // "payment.succeeded", …
	WeChatType string // "TRANSACTION.SUCCESS", …; empty for events of users
	Subject    string // out_trade_no or openid
	NoticeID   string // WeChat's (通知ID); empty when it did not come as a notice
	Verdict    string // "ok", or why it is quarantined
	Compared   bool   // whether it was compared with an order of ours
	OccurredAt time.Time
	KeptAt     time.Time
	Deliveries []Delivery // by plugin
}

// Delivery is an event on its way to a plugin.
type Delivery struct {
	Plugin    string
	State     string    // "pending", "running", "done" or "dead"
	Attempts  int       // how often a host took it up, replays included, also to give it back without handing it over
	Failures  int       // how often that counted against the schedule, since the last replay
	Crashes   int       // how often the plugin or its host died during it
	Replay    bool      // asked for again by hand
	DueAt     time.Time // pending: not before; zero otherwise
	Code      string    // what came back last: a fixed word
	Reason    string    // the plugin's own words
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Event tells what became of an event. Errors: ErrUnknownEvent.
func (m *Module) Event(ctx context.Context, id string) (Event, error) {
	e, err := m.event(ctx, id)
	if err != nil {
		return Event{}, err
	}
	rows, err := m.db.Deliveries(ctx, id)
	if err != nil {
		return Event{}, err
	}
	out := Event{
		ID: e.ID, Kind: e.Kind, WeChatType: e.WeChatType, Subject: e.Subject, Verdict: e.Verdict, Compared: e.Compared,
		OccurredAt: e.OccurredAt.Time(), KeptAt: e.CreatedAt.Time(),
	}
	if e.NoticeID != nil {
		out.NoticeID = *e.NoticeID
	}
	for _, r := range rows {
		d := Delivery{
			Plugin: r.Plugin, State: r.State, Attempts: r.Attempt, Failures: r.Failures, Crashes: r.Crashes, Replay: r.Replay,
			Code: r.LastCode, Reason: r.LastError, CreatedAt: r.CreatedAt.Time(), UpdatedAt: r.UpdatedAt.Time(),
		}
		if r.State == store.Pending && r.WakeAt != nil {
			d.DueAt = r.WakeAt.Time()
		}
		out.Deliveries = append(out.Deliveries, d)
	}
	return out, nil
}

// EventPayload gives an event's content as it came: decrypted JSON, with openids and phone numbers in it. Errors:
// ErrUnknownEvent.
func (m *Module) EventPayload(ctx context.Context, id string) ([]byte, error) {
	e, err := m.event(ctx, id)
	return e.Payload, err
}

func (m *Module) event(ctx context.Context, id string) (store.Event, error) {
	e, found, err := m.db.Event(ctx, id)
	if err == nil && !found {
		err = fmt.Errorf("%w: %s", ErrUnknownEvent, id)
	}
	return e, err
}

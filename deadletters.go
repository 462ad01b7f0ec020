package wechat

import (
	"context"
	"errors"
	"time"
)

// ErrNotReplayed says that an event does not exist, is quarantined, or is with the plugin right now.
var ErrNotReplayed = errors.New("the event does not exist, is quarantined, or is being handled")

// DeadLetter is an event that a plugin did not take and that is not tried again by itself.
type DeadLetter struct {
	EventID string
	Plugin  string
	Subject string    // out_trade_no or openid
	Code    string    // why: a fixed word
	Reason  string    // why: the plugin's own words
	Since   time.Time // when it died
}

// DeadLetters lists dead letters, the newest first, at most limit.
func (m *Module) DeadLetters(ctx context.Context, limit int) ([]DeadLetter, error) {
	rows, err := m.db.DeadLetters(ctx, limit)
	letters := make([]DeadLetter, 0, len(rows))
	for _, r := range rows {
		letters = append(letters, DeadLetter{
			EventID: r.EventID, Plugin: r.Plugin, Subject: r.Subject, Code: r.LastCode, Reason: r.LastError, Since: r.UpdatedAt.Time(),
		})
	}
	return letters, err
}

// Replay hands an event to a plugin again, dead or done, under the same event id and marked as a replay; also to a plugin
// that did not exist when the event happened. Errors: ErrNotReplayed.
func (m *Module) Replay(ctx context.Context, eventID, plugin string) error {
	done, err := m.db.Replay(ctx, eventID, plugin)
	if err != nil {
		return err
	}
	if !done {
		return ErrNotReplayed
	}
	m.queue.Wake()
	return nil
}

package wechat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wgink.ink/wechat/internal/store"
)

// What a verb about events may answer.
var (
	// ErrNotReplayed says that an event does not exist, is quarantined, or is with the plugin right now; the text says which.
	ErrNotReplayed = errors.New("not replayed")
	// ErrNotDead says that there is no such dead letter.
	ErrNotDead = errors.New("no such dead letter")
	// ErrUnknownEvent says that no event has that id.
	ErrUnknownEvent = errors.New("no event has that id")
	// ErrUnknownPlugin says that no plugin or handler of this host has that id.
	ErrUnknownPlugin = errors.New("no such plugin")
)

// requeueStep is how many dead letters one statement requeues: it must end soon, and give the database back.
const requeueStep = 500

// DeadLetter is an event that a plugin did not take and that is not tried again by itself.
type DeadLetter struct {
	EventID string
	Plugin  string
	Subject string    // out_trade_no or openid
	Code    string    // why: a fixed word
	Reason  string    // why: the plugin's own words
	Since   time.Time // when it died
}

// DeadLetterFilter chooses dead letters.
type DeadLetterFilter struct {
	Plugin string      // Optional. Default: of every plugin.
	Code   string      // Optional. Default: whatever the reason.
	After  *DeadLetter // The last one of the page before. Optional. Default: the newest come first.
	Limit  int         // At most so many. Optional. Default: 100.
}

// DeadLetters lists dead letters, the newest first.
func (m *Module) DeadLetters(ctx context.Context, f DeadLetterFilter) ([]DeadLetter, error) {
	if f.Limit <= 0 {
		f.Limit = 100
	}
	filter := store.DeadFilter{Plugin: f.Plugin, Code: f.Code}
	if f.After != nil {
		filter.After = &store.DeadPlace{UpdatedAt: store.MillisOf(f.After.Since), EventID: f.After.EventID, Plugin: f.After.Plugin}
	}
	rows, err := m.db.DeadLetters(ctx, filter, f.Limit)
	letters := make([]DeadLetter, 0, len(rows))
	for _, r := range rows {
		letters = append(letters, DeadLetter{
			EventID: r.EventID, Plugin: r.Plugin, Subject: r.Subject, Code: r.LastCode, Reason: r.LastError, Since: r.UpdatedAt.Time(),
		})
	}
	return letters, err
}

// Requeue hands a dead letter to its plugin again, under the same event id and marked as a replay. Errors: ErrNotDead.
func (m *Module) Requeue(ctx context.Context, eventID, plugin string) error {
	done, err := m.db.Requeue(ctx, eventID, plugin)
	if err != nil {
		return err
	}
	if !done {
		return fmt.Errorf("%w: event %s of %s", ErrNotDead, eventID, plugin)
	}
	m.queue.Wake()
	return nil
}

// RequeueAll does what Requeue does with every dead letter of a plugin, or with those that died of one code, and answers
// how many there were. One that dies again meanwhile stays dead. After an error, what was counted is done.
func (m *Module) RequeueAll(ctx context.Context, plugin, code string) (n int, err error) {
	before, err := m.db.Clock(ctx)
	if err != nil {
		return 0, err
	}
	for {
		some, err := m.db.RequeueSome(ctx, plugin, code, before, requeueStep)
		n += some
		if some > 0 {
			m.queue.Wake()
		}
		if err != nil || some == 0 {
			return n, err
		}
	}
}

// Replay hands an event to a plugin again, dead or done, under the same event id and marked as a replay; also to a plugin
// that did not exist when the event happened. Errors: ErrNotReplayed, ErrUnknownPlugin.
func (m *Module) Replay(ctx context.Context, eventID, plugin string) error {
	if err := m.known(plugin); err != nil {
		return err
	}
	done, err := m.db.Replay(ctx, eventID, plugin)
	if err != nil {
		return err
	}
	if !done {
		return m.whyNotReplayed(ctx, eventID, plugin)
	}
	m.queue.Wake()
	return nil
}

// known refuses what is no plugin and no handler of this host.
func (m *Module) known(plugin string) error {
	ids := m.receiver().Plugins()
	if slices.Contains(ids, plugin) {
		return nil
	}
	return fmt.Errorf("%w: %q; there are %s", ErrUnknownPlugin, plugin, orNone(ids))
}

func (m *Module) whyNotReplayed(ctx context.Context, eventID, plugin string) error {
	e, found, err := m.db.Event(ctx, eventID)
	switch {
	case err != nil:
		return err
	case !found:
		return fmt.Errorf("%w: %w: %s", ErrNotReplayed, ErrUnknownEvent, eventID)
	case e.Verdict != store.VerdictOK:
		return fmt.Errorf("%w: event %s is quarantined (%s)", ErrNotReplayed, eventID, e.Verdict)
	}
	return fmt.Errorf("%w: %s has event %s in hand right now", ErrNotReplayed, plugin, eventID)
}

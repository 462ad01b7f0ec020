package wechat

import (
	"context"

	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/plugins/host"
)

// past reads what a plugin is through with out of the queue's tables, for a shadow run of another version.
func (m *Module) past(ctx context.Context, plugin string, limit int) ([]host.PastEvent, error) {
	rows, err := m.db.Settled(ctx, plugin, limit)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ids := make([]string, len(rows))
	for i, d := range rows {
		ids[i] = d.EventID
	}
	events, err := m.db.EventsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	past := make([]host.PastEvent, 0, len(rows))
	for i := range rows {
		d := rows[len(rows)-1-i] // the oldest first
		e, kept := events[d.EventID]
		if !kept {
			continue
		}
		out := host.Outcome{Result: host.Done}
		if d.State == store.Dead {
			out = host.Outcome{Result: host.Reject, Code: d.LastCode, Message: d.LastError}
		}
		past = append(past, host.PastEvent{Outcome: out, Event: host.Event{
			ID: e.ID, Type: e.Kind, WeChatType: e.WeChatType, Subject: e.Subject, OccurredAt: e.OccurredAt.Time(),
			Compared: e.Compared, Payload: e.Payload,
		}})
	}
	return past, nil
}

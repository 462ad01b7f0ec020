package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Event is a row of wechat_events.
type Event struct {
	bun.BaseModel `bun:"table:wechat_events,alias:e"`

	ID          string  `bun:"id,pk"`
	Kind        string  `bun:"kind"`
	WeChatType  string  `bun:"wechat_type"`
	MchID       string  `bun:"mchid"`
	NoticeID    *string `bun:"notice_id"`
	BusinessKey string  `bun:"business_key"`
	Subject     string  `bun:"subject"`
	Verdict     string  `bun:"verdict"` // VerdictOK, or why it is quarantined
	Compared    bool    `bun:"compared"`
	Payload     []byte  `bun:"payload"`
	OccurredAt  Millis  `bun:"occurred_at"`
	CreatedAt   Millis  `bun:"created_at"`
}

// InsertEvent adds an event; false when its notice id or its business key is known.
func (q Queries) InsertEvent(ctx context.Context, e Event) (fresh bool, err error) {
	fresh, err = affected(q.db.NewInsert().Model(&e).On("CONFLICT DO NOTHING").Exec(ctx))
	if err != nil {
		err = fmt.Errorf("insert event: %w", err)
	}
	return fresh, err
}

// Event reads one event.
func (q Queries) Event(ctx context.Context, id string) (e Event, found bool, err error) {
	found, err = one(q.db.NewSelect().Model(&e).Where("id = ?", id).Scan(ctx))
	if err != nil {
		err = fmt.Errorf("read event: %w", err)
	}
	return e, found, err
}

// EventByNotice reads the event that came with a notice id.
func (q Queries) EventByNotice(ctx context.Context, mchid, noticeID string) (e Event, found bool, err error) {
	found, err = one(q.db.NewSelect().Model(&e).Where("mchid = ? AND notice_id = ?", mchid, noticeID).Scan(ctx))
	if err != nil {
		err = fmt.Errorf("read notice: %w", err)
	}
	return e, found, err
}

// Events lists the newest events first, for operators and tests.
func (q Queries) Events(ctx context.Context, limit int) (events []Event, err error) {
	err = q.db.NewSelect().Model(&events).Order("created_at DESC", "id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return events, nil
}

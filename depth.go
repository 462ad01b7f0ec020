package wechat

import (
	"context"
	"time"
)

// QueueDepth is how much one plugin has to do.
type QueueDepth struct {
	Plugin  string        // its id; also of one that is no longer enabled
	Pending int           // events that wait, at most 100,000 are counted
	Running int           // events in hand, on all hosts
	Dead    int           // dead letters, at most 100,000 are counted
	Oldest  time.Duration // how long the oldest of the pending has been waiting
}

// QueueDepths lists every plugin that has something to do, or dead letters, by id.
func (m *Module) QueueDepths(ctx context.Context) ([]QueueDepth, error) {
	rows, err := m.db.Depths(ctx)
	depths := make([]QueueDepth, 0, len(rows))
	for _, r := range rows {
		depths = append(depths, QueueDepth(r))
	}
	return depths, err
}

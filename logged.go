package wechat

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"wgink.ink/wechat/internal/delivery"
)

// logReceiver is what happens with no plugin configured: every event is logged in decrypted form, as the original
// module does with notices.
type logReceiver struct {
	log *slog.Logger

	mu    sync.Mutex
	until time.Time // its turn lasts
	again time.Time // the next turn begins at the latest
}

const (
	logSubscriber = "log"
	logSlots      = 8

	// Beside plugins the log mostly has nothing left to do, and each look for it is a statement for every event of theirs: it
	// has a turn now and then, which goes on as long as there are events.
	logTurn  = time.Second
	logEvery = 30 * time.Second
)

// turn tells whether to look for events of the log now.
func (l *logReceiver) turn(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !now.Before(l.again) {
		l.until, l.again = now.Add(logTurn), now.Add(logEvery)
	}
	return now.Before(l.until)
}

// Deliver logs an event.
func (l *logReceiver) Deliver(ctx context.Context, h delivery.Handover) delivery.Outcome {
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.until = time.Now().Add(logTurn)
	}()
	l.log.InfoContext(ctx, "event (no plugin is configured)",
		"event", h.EventID, "kind", h.Kind, "type", h.WeChatType, "subject", h.Subject, "content", string(h.Payload))
	return delivery.Outcome{Result: delivery.Done}
}

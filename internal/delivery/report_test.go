package delivery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
)

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// Every record of a hand-over says which version of the plugin had the event, and which try it was.
func TestRecordsNameTheVersion(t *testing.T) {
	t.Parallel()
	outcomes := map[string][]delivery.Outcome{
		"e1": {{Result: delivery.Retry, After: time.Millisecond, Version: "1.5.0"}, {Result: delivery.Done, Version: "1.4.0"}},
		"e2": {{Result: delivery.Reject, Version: "1.4.0"}},
		"e3": {{Result: delivery.NotReady}, {Result: delivery.Done}}, // it has no version
	}
	var mu sync.Mutex
	db := openDB(t, dbtest.SQLite(t))
	r := newReceiver(func(_ context.Context, _ string, h delivery.Handover) delivery.Outcome {
		mu.Lock()
		defer mu.Unlock()
		out := outcomes[h.EventID][0]
		outcomes[h.EventID] = outcomes[h.EventID][1:]
		return out
	})
	var log lockedBuffer
	q := delivery.New(db, r, slog.New(slog.NewJSONHandler(&log, nil)), quick)
	require.NoError(t, q.Start())
	for _, id := range []string{"e1", "e2", "e3"} {
		record(t, db, q, id, id)
	}
	for id, want := range map[string]string{"e1": store.Done, "e2": store.Dead, "e3": store.Done} {
		eventually(t, db, id, state(want))
	}
	stop(t, q, time.Minute)
	type line struct {
		Msg     string
		Attempt int
		Version string `json:"plugin_version"`
	}
	seen := map[string][]line{}
	for lines := json.NewDecoder(&log.buf); lines.More(); {
		var one struct {
			line
			Event string
		}
		require.NoError(t, lines.Decode(&one))
		seen[one.Event] = append(seen[one.Event], one.line)
	}
	require.Equal(t, map[string][]line{
		"e1": {{"event not handled yet", 1, "1.5.0"}, {"event handled", 2, "1.4.0"}},
		"e2": {{"ALARM: an event is dead, it will not be tried again by itself", 1, "1.4.0"}},
		"e3": {{"event not handled yet", 1, ""}, {"event handled", 1, ""}},
	}, seen)
}

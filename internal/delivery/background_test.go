package delivery_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
)

// Old rows are forgotten by the host that has the job, and by nobody else.
func TestRetentionIsDoneByOneHost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		set := quick
		set.KeepDone, set.KeepEvents = -time.Hour, -time.Hour // all that is done is old
		q := delivery.New(db, newReceiver(nil), discard(), set)
		record(t, db, q, "e1", "s1")
		claimed, err := db.ClaimDeliveries(t.Context(), "p", "o", 1, time.Minute)
		require.NoError(t, err)
		_, err = db.FinishDeliveries(t.Context(), []store.Finish{{Delivery: claimed[0], State: store.Done}})
		require.NoError(t, err)
		left := func() bool {
			_, found, err := db.Event(t.Context(), "e1")
			require.NoError(t, err)
			return found
		}
		taken, err := db.TakeLease(t.Context(), "retention", "another host", time.Hour)
		require.NoError(t, err)
		require.True(t, taken)
		require.NoError(t, q.ForgetOld(t.Context()))
		require.True(t, left(), "the job is another host's")

		_, err = db.TakeLease(t.Context(), "retention", "another host", -time.Minute) // it is gone
		require.NoError(t, err)
		require.NoError(t, q.ForgetOld(t.Context()))
		require.False(t, left())
	})
}

// Each goroutine of the queue survives a panic in what it calls, here in a hook of the host's own database handle.
func TestBackgroundPartsSurviveAPanic(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		hook := &bomb{parts: bombs(), seen: map[string]int{}}
		var log bytes.Buffer
		r := newReceiver(func(ctx context.Context, _ string, _ delivery.Handover) delivery.Outcome {
			for hook.times("renew") < 2 && ctx.Err() == nil { // in hand until it is renewed
				runtime.Gosched()
			}
			return delivery.Outcome{Result: delivery.Done}
		})
		q := delivery.New(hooked(t, url, hook), r, slog.New(slog.NewTextHandler(&log, nil)),
			delivery.Settings{Lease: 2 * time.Second, Poll: 20 * time.Millisecond})
		record(t, db, q, "e1", "s1")
		require.NoError(t, q.Start())
		eventually(t, db, "e1", state(store.Done))
		for part := range bombs() {
			require.Eventually(t, func() bool { return hook.times(part) > 0 }, time.Minute, time.Millisecond, part)
		}
		stop(t, q, time.Minute)
		for part := range bombs() {
			require.Regexp(t, `part="?`+part, log.String())
		}
		require.NotContains(t, log.String(), bombText)
	})
}

const bombText = "a panic's value may hold a payload"

// bombs are the queue's parts, each with a piece of a statement that only it runs.
func bombs() map[string]string {
	return map[string]string{
		"dispatch": "s.wake_at < d.wake_at", "renew": "(event_id, plugin, attempt) IN", "take back": " AS ended", "retention": "wechat_leases",
	}
}

// bomb panics the first time that each part runs its statement.
type bomb struct {
	parts map[string]string
	mu    sync.Mutex
	seen  map[string]int
}

func (b *bomb) times(part string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen[part]
}

// BeforeQuery panics, perhaps.
func (b *bomb) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	b.mu.Lock()
	defer b.mu.Unlock()
	for part, piece := range b.parts {
		if strings.Contains(e.Query, piece) {
			if b.seen[part]++; b.seen[part] == 1 {
				panic(bombText)
			}
		}
	}
	return ctx
}

// AfterQuery does nothing.
func (*bomb) AfterQuery(context.Context, *bun.QueryEvent) {}

// hooked opens a database as a host does that hands its own in.
func hooked(t *testing.T, url string, hook bun.QueryHook) *store.DB {
	t.Helper()
	db, err := store.Wrap(dbtest.HostPool(t, url).WithQueryHook(hook))
	require.NoError(t, err)
	return db
}

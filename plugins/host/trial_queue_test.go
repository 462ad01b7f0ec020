//go:build unix

package host

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
)

// queued is a queue of deliveries before a host, as the module has it.
type queued struct {
	host *Host
	db   *store.DB
	*delivery.Queue

	mu       sync.Mutex
	done     int
	outcomes map[Result]int
	changed  chan struct{}
}

func (s *scene) queue(t *testing.T, h *Host) *queued {
	t.Helper()
	url := dbtest.SQLite(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	db, err := store.Open(url)
	require.NoError(t, err)
	q := &queued{host: h, db: db, outcomes: map[Result]int{}, changed: make(chan struct{}, 1)}
	q.Queue = delivery.New(db, q, slog.New(s.log), delivery.Settings{Lease: 10 * time.Second, Poll: 20 * time.Millisecond})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testLimit)
		defer cancel()
		past, cut := context.WithCancel(ctx)
		cut() // what hangs shall not be waited for
		q.Stop(past)
		require.NoError(t, q.HandBack(ctx))
		require.NoError(t, db.Close())
	})
	return q
}

func (q *queued) Subscribers(kind string) []string { return q.host.Subscribers(kind) }
func (q *queued) Plugins() []string                { return q.host.IDs() }
func (q *queued) Slots(plugin string) int          { return q.host.Slots(plugin) }

func (q *queued) Deliver(ctx context.Context, plugin string, h delivery.Handover) delivery.Outcome {
	out := q.host.Deliver(ctx, plugin, Event{
		ID: h.EventID, Type: h.Kind, Subject: h.Subject, Attempt: uint32(h.Attempt), Replay: h.Replay, Payload: h.Payload,
	})
	q.mu.Lock()
	q.outcomes[out.Result]++
	if out.Result == Done {
		q.done++
	}
	q.mu.Unlock()
	select {
	case q.changed <- struct{}{}:
	default:
	}
	results := map[Result]delivery.Result{
		Done: delivery.Done, Retry: delivery.Retry, Reject: delivery.Reject, NotReady: delivery.NotReady, Crashed: delivery.Crashed,
	}
	return delivery.Outcome{Result: results[out.Result], After: out.After, Code: out.Code, Message: out.Message, Version: out.Version}
}

func (q *queued) record(t *testing.T, events []Event) {
	t.Helper()
	require.NoError(t, q.db.InTx(t.Context(), func(tx store.Queries) error {
		for _, ev := range events {
			_, err := q.Record(t.Context(), tx, store.Event{
				ID: ev.ID, Kind: ev.Type, WeChatType: ev.WeChatType, BusinessKey: ev.ID, Subject: ev.Subject,
				Verdict: store.VerdictOK, Payload: ev.Payload,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	q.Wake()
}

// awaitDone waits until so many events are done.
func (q *queued) awaitDone(t *testing.T, want int) map[Result]int {
	t.Helper()
	limit := time.After(testLimit)
	for {
		q.mu.Lock()
		done, outcomes := q.done, fmt.Sprint(q.outcomes)
		q.mu.Unlock()
		if done >= want {
			q.mu.Lock()
			defer q.mu.Unlock()
			return q.outcomes
		}
		select {
		case <-q.changed:
		case <-limit:
			require.FailNow(t, "events do not flow", "%d of %d done, outcomes %s", done, want, outcomes)
		}
	}
}

// A canary that hangs holds its own places and no more, whatever its share: all other events, its own among them, flow to
// the stable version, and none comes back because it found no place.
func TestHungCanaryStarvesNobody(t *testing.T) {
	t.Parallel()
	for share, places := range map[int]int{5: 1, 50: 2} { // of the four that both versions have
		t.Run(fmt.Sprint(share), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			stable, _ := s.tryOut(t, func(c *config.Canary) { c.Share, c.MinEvents = share, 1000 })
			s.limits.healthEvery = time.Hour
			s.timeout(t, "fulfil", "1.4.0", "1.5.0")
			h := s.ready(t)
			i := awaitCanary(t, h)
			require.Equal(t, 4+places, h.Slots("fulfil"))
			stop(t, i.Canary.Process.PID)
			tried, others := parted(h, 60, "count")
			tried = tried[:20]
			q := s.queue(t, h)
			q.record(t, append(tried, others...))
			require.NoError(t, q.Start())
			outcomes := q.awaitDone(t, len(tried)-places+len(others))
			require.Equal(t, places, h.List()[0].Canary.Process.Running)
			require.Len(t, effects(t, stable), len(tried)-places+len(others))
			require.Zero(t, outcomes[NotReady], "%v", outcomes)

			h.roster()["fulfil"].trying().rollBack(errStopped)
			require.Equal(t, 4+places, h.Slots("fulfil"), "what it has holds no slot of the stable version's")
			for n := range others {
				others[n].ID += "-later"
			}
			q.record(t, others)
			outcomes = q.awaitDone(t, len(tried)-places+2*len(others))
			require.Zero(t, outcomes[NotReady], "%v", outcomes)
		})
	}
}

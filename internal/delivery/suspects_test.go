package delivery_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
)

// process is a plugin process in a test: while it has the poison event in its hands it dies, and takes with it every
// event it has.
type process struct {
	mu     sync.Mutex
	dying  chan struct{}
	deaths int
	alone  int // deaths with one event in hand
	hands  int
	done   map[string]int
}

func (p *process) handle(ctx context.Context, _ string, h delivery.Handover) delivery.Outcome {
	p.mu.Lock()
	p.hands++
	dying := p.dying
	if h.EventID == "poison" {
		p.deaths++
		if p.hands == 1 {
			p.alone++
		}
		p.dying = make(chan struct{}) // the next process
		p.hands = 0
		p.mu.Unlock()
		close(dying)
		return delivery.Outcome{Result: delivery.Crashed, Code: "crashed"}
	}
	p.mu.Unlock()
	select {
	case <-dying:
		return delivery.Outcome{Result: delivery.Crashed, Code: "crashed"}
	case <-ctx.Done():
		return delivery.Outcome{Result: delivery.NotReady}
	default:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hands = max(0, p.hands-1)
	p.done[h.EventID]++
	return delivery.Outcome{Result: delivery.Done}
}

// An event that kills its plugin ends as a dead letter after three deaths alone; the innocent ones are all handled.
func TestPoisonEventIsFoundAndInnocentOnesSurvive(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		p := &process{dying: make(chan struct{}), done: map[string]int{}}
		r := newReceiver(p.handle)
		q := delivery.New(db, r, discard(), quick)
		const innocents = 20
		record(t, db, q, "poison", "s-poison")
		for i := range innocents {
			record(t, db, q, fmt.Sprintf("e%d", i), fmt.Sprintf("s%d", i))
		}
		run(t, q)
		dead := eventually(t, db, "poison", state(store.Dead))
		require.Equal(t, "poison", dead.LastCode)
		require.Equal(t, 3, dead.SoloCrashes)
		for i := range innocents {
			eventually(t, db, fmt.Sprintf("e%d", i), state(store.Done))
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		require.LessOrEqual(t, p.deaths, 4, "once in company, three times alone")
		require.Len(t, p.done, innocents)

		letters, err := db.DeadLetters(t.Context(), store.DeadFilter{}, 10)
		require.NoError(t, err)
		require.Len(t, letters, 1)
		require.Equal(t, "poison", letters[0].EventID)
	})
}

func TestReplayMakesDoneAndDeadEventsDueAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		var reject atomic.Bool
		reject.Store(true)
		r := newReceiver(nil)
		r.handle = func(context.Context, string, delivery.Handover) delivery.Outcome {
			if reject.Load() {
				return delivery.Outcome{Result: delivery.Reject, Code: "no"}
			}
			return delivery.Outcome{Result: delivery.Done}
		}
		q := start(t, db, r, quick)
		record(t, db, q, "e1", "s1")
		require.False(t, receive(t, r).Replay)
		eventually(t, db, "e1", state(store.Dead))

		reject.Store(false)
		ok, err := db.Replay(t.Context(), "e1", "p")
		require.NoError(t, err)
		require.True(t, ok)
		h := receive(t, r)
		require.True(t, h.Replay)
		require.Equal(t, "e1", h.EventID, "a replay keeps the idempotency key")
		eventually(t, db, "e1", state(store.Done))

		for event, want := range map[string]bool{"e1": true, "unknown": false} {
			ok, err := db.Replay(t.Context(), event, "p")
			require.NoError(t, err)
			require.Equal(t, want, ok, event)
		}
		ok, err = db.Replay(t.Context(), "e1", "a-plugin-that-came-later")
		require.NoError(t, err)
		require.True(t, ok)
		rows, err := db.Deliveries(t.Context(), "e1")
		require.NoError(t, err)
		require.Len(t, rows, 2)
	})
}

// While a backlog waits, what happens now does not wait behind all of it.
func TestBacklogDoesNotStarveNewEvents(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		const backlog = 400
		order := make(chan string, backlog+1)
		r := newReceiver(func(_ context.Context, _ string, h delivery.Handover) delivery.Outcome {
			order <- h.EventID
			return delivery.Outcome{Result: delivery.Done}
		})
		q := delivery.New(db, r, discard(), quick)
		for i := range backlog {
			record(t, db, q, fmt.Sprintf("old%d", i), fmt.Sprintf("s%d", i))
		}
		record(t, db, q, "new", "s-new")
		run(t, q)
		for place := range backlog {
			if <-order == "new" {
				require.Less(t, place, backlog/4)
				return
			}
		}
		require.Fail(t, "the new event came last")
	})
}

func TestRetentionForgetsOnlyWhatIsOldAndDone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		q := delivery.New(db, newReceiver(nil), discard(), quick)
		for _, id := range []string{"done", "open"} {
			record(t, db, q, id, id)
		}
		claimed, err := db.ClaimDeliveries(t.Context(), "p", "o", 2, quick.Lease)
		require.NoError(t, err)
		for _, d := range claimed {
			if d.EventID == "done" {
				_, err := db.FinishDeliveries(t.Context(), []store.Finish{{Delivery: d, State: store.Done}})
				require.NoError(t, err)
			}
		}
		_, err = db.ForgetDone(t.Context(), -time.Hour) // all that is done by now
		require.NoError(t, err)
		_, err = db.ForgetEvents(t.Context(), -time.Hour)
		require.NoError(t, err)
		_, found, err := db.Event(t.Context(), "done")
		require.NoError(t, err)
		require.False(t, found)
		_, found, err = db.Event(t.Context(), "open")
		require.NoError(t, err)
		require.True(t, found, "an event with an open delivery stays, however old")
		rows, err := db.Deliveries(t.Context(), "open")
		require.NoError(t, err)
		require.Len(t, rows, 1)
	})
}

func TestOneHostHasTheLease(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		take := func(owner string, lease time.Duration) bool {
			taken, err := db.TakeLease(t.Context(), "job", owner, lease)
			require.NoError(t, err)
			return taken
		}
		require.True(t, take("one", time.Minute))
		require.False(t, take("two", time.Minute))
		require.True(t, take("one", -time.Second), "its own is renewed, here into the past")
		require.True(t, take("two", time.Minute))
	})
}

// The plugin dies with one event of an order in its hands while another event of that order waits: the suspect goes first,
// although the other one has been due for longer.
func TestSuspectDoesNotWaitForItsSubject(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		var q *delivery.Queue
		var order []string
		r := newReceiver(nil)
		r.capacity = 1
		r.handle = func(_ context.Context, _ string, h delivery.Handover) delivery.Outcome {
			order = append(order, h.EventID)
			if len(order) == 1 {
				record(t, db, q, "refund", "order-1")
				r.away.Store(true)
				return delivery.Outcome{Result: delivery.Crashed, Code: "crashed"}
			}
			return delivery.Outcome{Result: delivery.Done}
		}
		q = delivery.New(db, r, discard(), quick)
		record(t, db, q, "payment", "order-1")
		run(t, q)
		eventually(t, db, "payment", func(d store.Delivery) bool {
			return d.Suspect && d.State == store.Pending && d.WakeAt.Time().Before(time.Now())
		})
		r.away.Store(false)
		eventually(t, db, "payment", state(store.Done))
		eventually(t, db, "refund", state(store.Done))
	})
}

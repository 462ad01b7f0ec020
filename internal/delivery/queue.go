package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"wgink.ink/wechat/internal/store"
)

// Settings tune a Queue; the zero value of each takes its default.
type Settings struct {
	Lease   time.Duration // default 20s
	Poll    time.Duration // default 500ms
	Workers int           // default 100
}

// Queue records events and hands them over.
type Queue struct {
	db       *store.DB
	receiver Receiver
	log      *slog.Logger
	set      Settings
	owner    string // this host, anew at each start

	wake   chan struct{}
	stop   context.CancelFunc
	loops  sync.WaitGroup // dispatch and keep
	work   sync.WaitGroup // hand-overs
	cancel context.CancelFunc

	mu      sync.Mutex
	claimed map[string]int // by plugin: claimed, but not with the plugin yet
	working int            // hand-overs under way, over all plugins
	started bool
	stopped bool
}

// New makes a queue. It does nothing until Start; Record works before it.
func New(db *store.DB, receiver Receiver, log *slog.Logger, set Settings) *Queue {
	if set.Lease <= 0 {
		set.Lease = 20 * time.Second
	}
	if set.Poll <= 0 {
		set.Poll = 500 * time.Millisecond
	}
	if set.Workers <= 0 {
		set.Workers = 100
	}
	return &Queue{
		db: db, receiver: receiver, log: log, set: set,
		owner: uuid.NewString(), wake: make(chan struct{}, 1), claimed: map[string]int{},
	}
}

// EventID is the idempotency key of an event, made from what happened: the same payment has the same id whether it was
// learned from a notice or by asking, on every host, and after a restore of the database.
func EventID(mchid, businessKey string) string {
	sum := sha256.Sum256([]byte(mchid + "\x00" + businessKey))
	return "ev_" + hex.EncodeToString(sum[:16])
}

// Record writes an event and, unless it is quarantined, one delivery for each plugin that subscribed, in the caller's
// transaction. It answers false when the event is known. Call Wake after the commit.
func (q *Queue) Record(ctx context.Context, tx store.Queries, e store.Event) (fresh bool, err error) {
	if fresh, err = tx.InsertEvent(ctx, e); err != nil || !fresh || e.Verdict != store.VerdictOK {
		return fresh, err
	}
	return true, tx.InsertDeliveries(ctx, e.ID, e.Subject, q.receiver.Subscribers(e.Kind))
}

// Subscribers names the plugins that want events of a kind.
func (q *Queue) Subscribers(kind string) []string { return q.receiver.Subscribers(kind) }

// Wake makes the dispatcher look for due rows now. It never blocks.
func (q *Queue) Wake() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Start begins to hand events over; Stop ends it.
func (q *Queue) Start() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.started {
		return errors.New("delivery was started before; make a new queue")
	}
	q.started = true
	loopCtx, stop := context.WithCancel(context.Background())
	workCtx, cancel := context.WithCancel(context.Background())
	q.stop, q.cancel = stop, cancel
	q.loops.Go(func() { q.dispatchLoop(loopCtx, workCtx) })
	q.loops.Go(func() { q.keepLoop(workCtx) })
	return nil
}

// Stop takes no new events, waits for those in hand until ctx ends, then cancels them and gives their rows back. It is
// safe twice and before Start.
func (q *Queue) Stop(ctx context.Context) error {
	q.mu.Lock()
	running, stop, cancel := q.started && !q.stopped, q.stop, q.cancel
	q.stopped = q.started
	q.mu.Unlock()
	if !running {
		return nil
	}
	stop()
	idle := make(chan struct{})
	go func() { q.work.Wait(); close(idle) }()
	select {
	case <-idle:
	case <-ctx.Done():
	}
	cancel()
	<-idle // every hand-over honours its context
	q.loops.Wait()

	back, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer done()
	return q.db.HandBack(back, q.owner)
}

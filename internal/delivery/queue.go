package delivery

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"wgink.ink/wechat/internal/failpoint"
	"wgink.ink/wechat/internal/group"
	"wgink.ink/wechat/internal/store"
)

// Settings tune a Queue; the zero value of each takes its default.
type Settings struct {
	Lease      time.Duration // default 20s
	Poll       time.Duration // default 500ms
	Workers    int           // hand-overs to one plugin at once, at most; default 100
	KeepDone   time.Duration // done deliveries are kept so long; default 720h
	KeepEvents time.Duration // events and their keys are kept so long; default 9600h
}

func (s Settings) withDefaults() Settings {
	s.Lease = cmp.Or(s.Lease, 20*time.Second)
	s.Poll = cmp.Or(s.Poll, 500*time.Millisecond)
	s.Workers = cmp.Or(s.Workers, 100)
	s.KeepDone = cmp.Or(s.KeepDone, 30*24*time.Hour)
	s.KeepEvents = cmp.Or(s.KeepEvents, 400*24*time.Hour)
	return s
}

// outcomesLimit bounds how many outcomes share one commit, outcomesTimeout how long the next ones wait for it: a server
// that does not answer must not hold them up for longer than it is away.
const (
	outcomesLimit   = 256
	outcomesTimeout = 5 * time.Second
)

// Queue records events and hands them over.
type Queue struct {
	db       *store.DB
	receiver Receiver
	log      *slog.Logger
	set      Settings
	owner    string // this host, anew at each start
	outcomes *group.Group[store.Finish, bool]
	hands    hands

	wake    chan struct{}
	stop    context.CancelFunc // of the dispatcher
	cut     context.CancelFunc // of the hand-overs and the retention
	release context.CancelFunc // of the keeper
	sends   sync.WaitGroup     // the dispatcher, which begins hand-overs
	work    sync.WaitGroup     // hand-overs
	loops   sync.WaitGroup     // keeper, retention

	stopping atomic.Bool // what is in stock is not handed over any more

	mu      sync.Mutex
	started bool
	stopped bool
	ended   bool // what was cut is handed back
}

// New makes a queue. It does nothing until Start; Record works before it.
func New(db *store.DB, receiver Receiver, log *slog.Logger, set Settings) *Queue {
	return &Queue{
		db: db, receiver: receiver, log: log, set: set.withDefaults(), owner: uuid.NewString(),
		outcomes: group.New(outcomesLimit, store.ItemFault, func(ctx context.Context, outcomes []store.Finish) ([]bool, error) {
			ctx, done := context.WithTimeout(ctx, outcomesTimeout)
			defer done()
			return db.FinishDeliveries(ctx, outcomes)
		}),
		hands: hands{all: map[store.Claim]struct{}{}, plugins: map[string]*hand{}}, wake: make(chan struct{}, 1),
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
	if err := failpoint.Hit(failpoint.BeforeInsert); err != nil {
		return false, err
	}
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

// Start begins to hand events over; Stop and then HandBack end it.
func (q *Queue) Start() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.started {
		return errors.New("delivery was started before; make a new queue")
	}
	q.started = true
	loopCtx, stop := context.WithCancel(context.Background())
	workCtx, cut := context.WithCancel(context.Background())
	keepCtx, release := context.WithCancel(context.Background()) // what was cut is leased until it is handed back
	q.stop, q.cut, q.release = stop, cut, release
	q.sends.Go(func() { q.dispatchLoop(loopCtx, workCtx) })
	q.loops.Go(func() { q.keepLoop(keepCtx) })
	q.loops.Go(func() { q.retentionLoop(workCtx) })
	return nil
}

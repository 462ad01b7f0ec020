package delivery

import (
	"context"
	"time"

	"wgink.ink/wechat/internal/store"
)

// keepLoop renews this host's leases and takes back what other hosts left.
func (q *Queue) keepLoop(ctx context.Context) {
	renew := time.NewTicker(q.set.Lease / 4)
	defer renew.Stop()
	every := min(time.Second, q.set.Lease/4)
	take := time.NewTicker(every)
	defer take.Stop()
	seen := sight{least: 2 * every}
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			q.safely("renew", func() { q.renew(ctx) })
		case <-take.C:
			q.hands.lookAgain()
			q.safely("take back", func() { q.takeBack(ctx, &seen) })
		}
	}
}

func (q *Queue) renew(ctx context.Context) bool {
	limited, done := context.WithTimeout(ctx, q.set.Lease/2)
	defer done()
	err := q.db.RenewLeases(limited, q.owner, q.hands.held(), q.set.Lease)
	if err != nil && ctx.Err() == nil {
		q.log.ErrorContext(ctx, "cannot renew leases", "error", err)
	}
	return err == nil
}

// takeBack takes back rows whose leases ended a moment ago and were not renewed since. When the database's clock steps
// forward, or this host or the database was held up, leases end that are alive: whoever holds such a row looks as often as
// everybody else, and renews it within that moment.
func (q *Queue) takeBack(ctx context.Context, seen *sight) {
	limited, done := context.WithTimeout(ctx, q.set.Lease/4)
	defer done()
	now, ended, err := q.db.LeasesEnded(limited)
	if err != nil {
		if ctx.Err() == nil {
			q.log.ErrorContext(ctx, "cannot look for ended leases", "error", err)
		}
		return
	}
	before := seen.before(time.Now(), now)
	if !ended || !q.renew(ctx) {
		return
	}
	n, err := q.db.TakeBack(limited, before)
	if err != nil && ctx.Err() == nil {
		q.log.ErrorContext(ctx, "cannot take deliveries back", "error", err)
	}
	if n > 0 {
		q.log.WarnContext(ctx, "took deliveries back from a host that stopped", "count", n)
		q.Wake()
	}
}

// sight remembers what the database's clock showed.
type sight struct {
	least time.Duration
	looks []look
}

type look struct {
	at    time.Time // by this host's steady clock
	clock store.Millis
}

// before notes a look at the database's clock and answers what it showed at the last look that is at least so long ago; zero
// when there was none.
func (s *sight) before(at time.Time, clock store.Millis) store.Millis {
	s.looks = append(s.looks, look{at, clock})
	for len(s.looks) > 1 && at.Sub(s.looks[1].at) >= s.least {
		s.looks = s.looks[1:]
	}
	if at.Sub(s.looks[0].at) < s.least {
		return 0
	}
	return s.looks[0].clock
}

// How often old rows are forgotten, and how long the host that does it keeps the job.
const (
	retentionEvery = time.Hour
	retentionLease = 2 * retentionEvery
)

// retentionLoop forgets old rows, on one host of the cluster at a time.
func (q *Queue) retentionLoop(ctx context.Context) {
	tick := time.NewTicker(retentionEvery)
	defer tick.Stop()
	for {
		q.safely("retention", func() {
			if err := q.forgetOld(ctx); err != nil && ctx.Err() == nil {
				q.log.WarnContext(ctx, "cannot forget old rows", "error", err)
			}
		})
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (q *Queue) forgetOld(ctx context.Context) error {
	mine, err := q.db.TakeLease(ctx, "retention", q.owner, retentionLease)
	if err != nil || !mine {
		return err
	}
	for more := true; more && err == nil && ctx.Err() == nil; {
		more, err = q.db.ForgetDone(ctx, q.set.KeepDone)
	}
	for more := err == nil; more && err == nil && ctx.Err() == nil; {
		more, err = q.db.ForgetEvents(ctx, q.set.KeepEvents)
	}
	return err
}

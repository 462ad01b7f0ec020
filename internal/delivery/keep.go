package delivery

import (
	"context"
	"time"
)

// keepLoop renews this host's leases and takes back what other hosts left.
func (q *Queue) keepLoop(ctx context.Context) {
	renew := time.NewTicker(q.set.Lease / 4)
	defer renew.Stop()
	take := time.NewTicker(min(time.Second, q.set.Lease/4))
	defer take.Stop()
	renewed := time.Now() // when the last renewal that succeeded began
	renewAll := func() {
		if at := time.Now(); q.renew(ctx) {
			renewed = at
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			q.safely("renew", renewAll)
		case <-take.C:
			q.hands.lookAgain()
			// After this host or the database was held up, what is in hand here must not be taken for what a dead host left.
			if time.Since(renewed) >= q.set.Lease/2 {
				q.safely("renew", renewAll)
			}
			if time.Since(renewed) < q.set.Lease/2 {
				q.safely("take back", func() { q.takeBack(ctx) })
			}
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

func (q *Queue) takeBack(ctx context.Context) {
	limited, done := context.WithTimeout(ctx, q.set.Lease/4)
	defer done()
	n, err := q.db.TakeBack(limited)
	if err != nil && ctx.Err() == nil {
		q.log.ErrorContext(ctx, "cannot take deliveries back", "error", err)
	}
	if n > 0 {
		q.log.WarnContext(ctx, "took deliveries back from a host that stopped", "count", n)
		q.Wake()
	}
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

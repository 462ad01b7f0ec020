package wxpay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wgink.ink/wechat/internal/outbound"
)

const (
	refreshEvery = time.Hour
	// refreshRarely is for merchants who have a public key and no certificates: WeChat may still issue some.
	refreshRarely = 24 * time.Hour
	// hungryEvery and hungryMax bound the pauses while there is no valid key at all: no answer and no notice can be
	// verified until one is there.
	hungryEvery = time.Minute
	hungryMax   = 10 * time.Minute
	runJitter   = 0.1 // of a pause, either way
)

// Run loads the stored certificates and keeps them fresh until ctx ends. A failure is logged and tried again; it never
// ends the loop, and neither does a panic.
func (r *Ring) Run(ctx context.Context) {
	if err := r.guarded(ctx, r.Load); err != nil {
		r.o.Log.WarnContext(ctx, "stored platform certificates could not be loaded", "err", err)
	}
	pause := r.untilFirst()
	for failures := 0; ; {
		if pause > 0 && r.o.Sleep(ctx, outbound.Jitter(pause, runJitter)) != nil {
			return
		}
		err := r.guarded(ctx, r.Refresh)
		if ctx.Err() != nil {
			return
		}
		if err == nil || errors.Is(err, ErrNoCertificates) {
			failures = 0
		} else {
			failures++
		}
		pause = r.pauseAfter(err, failures)
		r.report(ctx, err, pause)
	}
}

// untilFirst is the wait before the first refresh: none, unless the stored set is fresh.
func (r *Ring) untilFirst() time.Duration {
	r.mu.RLock()
	fetchedAt := r.fetchedAt
	r.mu.RUnlock()
	if !r.hasValidCertificate() {
		return 0
	}
	return min(max(0, refreshEvery-r.o.Now().Sub(fetchedAt)), refreshEvery)
}

func (r *Ring) pauseAfter(err error, failures int) time.Duration {
	switch {
	case errors.Is(err, ErrNoCertificates):
		return refreshRarely
	case err != nil && !r.Ready():
		return min(hungryMax, hungryEvery<<min(failures-1, 10))
	default:
		return refreshEvery
	}
}

func (r *Ring) report(ctx context.Context, err error, pause time.Duration) {
	switch {
	case err == nil, errors.Is(err, ErrNoCertificates):
	case r.Ready():
		r.o.Log.WarnContext(ctx, "platform certificates could not be refreshed; those in use go on", "err", err, "next", pause)
	default:
		r.o.Log.ErrorContext(ctx, "no key of WeChat Pay is known: no answer and no notice can be verified", "err", err, "next", pause)
	}
}

// guarded turns a panic into an error: Run is a goroutine of the host, whose end would be the host's.
func (r *Ring) guarded(ctx context.Context, f func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic of type %T", p)
		}
	}()
	return f(ctx)
}

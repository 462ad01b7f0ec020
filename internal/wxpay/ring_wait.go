package wxpay

import (
	"context"
	"time"
)

// readyEvery is how often WaitReady looks.
const readyEvery = 20 * time.Millisecond

// WaitReady returns when there is a valid key, or when ctx ends, with what the last refresh said.
func (r *Ring) WaitReady(ctx context.Context) error {
	for !r.Ready() {
		if err := r.o.Sleep(ctx, readyEvery); err != nil {
			r.mu.RLock()
			defer r.mu.RUnlock()
			if r.lastError != nil {
				return r.lastError
			}
			return err
		}
	}
	return nil
}

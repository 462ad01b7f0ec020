//go:build unix

package wechat_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
	"wgink.ink/wechat/wechattest"
)

// PostgreSQL hangs, and a statement that waits for it heeds no context until the driver's own time is over: Stop returns in
// the time it promises all the same.
func TestStopDoesNotWaitForAHungPostgres(t *testing.T) {
	t.Parallel()
	grace := 500 * time.Millisecond
	if !lanetest.Full() {
		grace *= 3 // other tests run beside
	}
	for name, limit := range map[string]time.Duration{"NoDeadline": 0, "Deadline": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := dbtest.Own(t)
			b := &bed{t: t, sim: wechattest.New(t)}
			module, err := wechat.New(b.config(server.URL()), wechat.WithTransport(b.sim.RoundTripper()),
				wechat.WithLogger(slog.New(slog.DiscardHandler)))
			require.NoError(t, err)
			require.NoError(t, module.Start(t.Context()))
			require.NoError(t, module.WaitReady(t.Context()))
			server.Stop()
			defer server.Continue()
			asking, asked := context.WithTimeout(t.Context(), 300*time.Millisecond) // no answer is a matter of time
			defer asked()
			_, err = module.DeadLetters(asking, wechat.DeadLetterFilter{})
			require.Error(t, err, "a stopped server answers") // and the dispatcher has looked many times since
			ctx, cancel := context.WithCancel(context.Background())
			promised := 5 * time.Second
			if limit > 0 {
				ctx, cancel = context.WithTimeout(ctx, limit)
				promised = limit
			}
			defer cancel()
			began := time.Now()
			err = module.Stop(ctx)
			t.Log("stopped after", time.Since(began))
			require.Less(t, time.Since(began), promised+grace)
			require.Error(t, err, "what could not be given back is told")
		})
	}
}

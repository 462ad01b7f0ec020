//go:build unix

package wechat_test

import (
	"context"
	"database/sql"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/lanetest"
	"wgink.ink/wechat/wechattest"
)

// A plugin that hangs with an event in hand, its process or its handler, does not hold Stop up until the event's time is
// over, and the event is not to blame.
func TestStopDoesNotWaitForAHungPlugin(t *testing.T) {
	t.Parallel()
	limit := 5 * time.Second // an event has 15 s
	if !lanetest.Full() {
		limit *= 2 // other tests run beside
	}
	for name, greeting := range map[string]string{"Stopped": "hello", "Blocked": "for ever"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, dbtest.SQLite(t))
			b.hangWithAnEvent(greeting)
			began := time.Now()
			require.NoError(t, b.module.Stop(context.Background()))
			require.Less(t, time.Since(began), limit)
			t.Log("stopped after", time.Since(began))
			b.blamesNobody()
		})
	}
}

// hangWithAnEvent gives the module a plugin that hangs while it has an event in hand.
func (b *bed) hangWithAnEvent(greeting string) {
	t := b.t
	t.Helper()
	cfg := b.config(b.url)
	cfg.Plugins = config.Plugins{Dir: greeter(t), Mode: config.PluginsDev, Enabled: map[string]config.Plugin{"greeter": {
		Version: "1.2.3", Config: map[string]any{"greeting": greeting}, Secrets: map[string]config.Secret{"TOKEN": "s3cret-token"},
	}}}
	require.NoError(t, b.module.ApplyPlugins(t.Context(), cfg))
	require.NoError(t, b.module.WaitReady(t.Context()))
	pid := b.module.Plugins()[0].PID
	if greeting != "for ever" {
		require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	}
	alice := b.sim.Phone("alice")
	b.logIn(alice)
	require.NoError(t, alice.Pay(t.Context(), wechattest.Launch(b.place(alice, "ORDER-0001", 990).Launch)))
	require.NoError(t, b.sim.Settle(t.Context()))
	require.Eventually(t, func() bool { return b.module.Plugins()[0].Running > 0 }, 20*time.Second, 20*time.Millisecond)
	t.Cleanup(func() { require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH) })
}

// blamesNobody looks into a stopped module's database.
func (b *bed) blamesNobody() {
	t := b.t
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(b.url, "sqlite:"))
	require.NoError(t, err)
	defer db.Close()
	var blamed int
	require.NoError(t, db.QueryRowContext(t.Context(),
		"SELECT sum(failures + crashes) FROM wechat_deliveries WHERE plugin = 'greeter' AND state = 'pending'").Scan(&blamed))
	require.Zero(t, blamed)
}

package wechat_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/lanetest"
	"wgink.ink/wechat/payment"
	"wgink.ink/wechat/wechattest"
)

// Two modules of different merchants on one app, each with a plugin, come and go; they leave neither goroutines nor
// descriptors.
func TestModulesComeAndGo(t *testing.T) { //nolint:paralleltest // it counts what the whole process has
	rounds, within := 10, 20*time.Second // other tests run beside
	if lanetest.Full() {
		rounds, within = 200, 5*time.Second
	}
	shops := []*wechattest.Simulator{
		wechattest.New(t), wechattest.New(t, wechattest.WithMerchant("1900000777", "another-key-another-key-another!")),
	}
	configs, plugins := make([]config.Config, len(shops)), greeter(t)
	for i, sim := range shops {
		b := &bed{t: t, sim: sim}
		configs[i] = b.config("sqlite:" + filepath.Join(t.TempDir(), "wechat.db"))
		configs[i].Plugins = config.Plugins{Dir: plugins, RunDir: runDir(t), Mode: config.PluginsDev, Enabled: map[string]config.Plugin{
			"greeter": {Version: "1.2.3", Config: map[string]any{"greeting": "hello"}, Secrets: map[string]config.Secret{"TOKEN": "s3cret-token"}},
		}}
	}
	round := func(n int) {
		app := fiber.New(fiber.Config{DisableStartupMessage: true})
		var modules []*wechat.Module
		for i, sim := range shops {
			m, err := wechat.New(configs[i], wechat.WithTransport(sim.RoundTripper()), wechat.WithLogger(slog.New(slog.DiscardHandler)))
			require.NoError(t, err)
			m.Mount(app.Group(fmt.Sprintf("/shop-%d", i)))
			require.NoError(t, m.Start(t.Context()))
			require.NoError(t, m.WaitReady(t.Context()))
			modules = append(modules, m)
		}
		for i, m := range modules {
			number := fmt.Sprintf("order-%d-%d", i, n)
			_, err := m.Pay().PlaceOrder(t.Context(), payment.PlaceOrder{
				OutTradeNo: number, Description: "一杯咖啡", AmountFen: 1, OpenID: shops[i].Phone("lan").OpenID(),
			})
			require.NoError(t, err)
			placed, found := shops[i].Order(number)
			require.True(t, found)
			require.EqualValues(t, 1, placed.TotalFen)
			_, found = shops[1-i].Order(number)
			require.False(t, found, "the other merchant has nothing of it")
		}
		for _, m := range modules {
			ctx, cancel := context.WithTimeout(t.Context(), within)
			require.NoError(t, m.Stop(ctx))
			require.NoError(t, ctx.Err())
			cancel()
		}
	}
	round(0) // what is made once for the process
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	for n := range rounds {
		round(n + 1)
	}
	require.Eventually(t, func() bool {
		return runtime.NumGoroutine() <= goroutines+10 && openDescriptors() <= descriptors+10
	}, 20*time.Second, 10*time.Millisecond, "goroutines %d, then %d", goroutines, runtime.NumGoroutine())
}

// openDescriptors is zero where the system does not tell.
func openDescriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

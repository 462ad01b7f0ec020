//go:build linux

package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
)

// orphanLimit is how long a plugin may outlive its host.
const orphanLimit = 2 * time.Second

// A 204 is a promise that outlives the process that gave it.
func TestHostKilledAfterItsAnswer(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]func(b *bed){
		"WhileThePluginHasIt":    func(b *bed) { b.plugin.Gate = b.path("gate") },
		"BeforeThePluginIsReady": func(b *bed) { b.plugin.StartGate = b.path("gate") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, url string) {
				t.Parallel()
				b := newBed(t, url)
				block(b)
				b.start()
				b.pay("order-0001", 1250)
				b.awaitAcknowledged("order-0001")
				if b.plugin.Gate != "" {
					b.awaitHandover(1)
				}
				b.eventually(func() bool { return len(pluginProcesses(b.dir)) == 1 }, "no plugin was started")

				b.host.kill()
				requireNoOrphan(b)
				require.NotEmpty(t, filesBelow(b.path("run")), "a killed host cannot clean up; else the next line proves nothing")
				b.turn(b.path("gate"))
				b.start()
				e := b.holds()
				require.Len(t, e.bookings, 1)
				require.Len(t, e.attempts, 1, "WeChat had no reason to send it again")
				requireOneRunFolder(b)
			})
		})
	}
}

// requireNoOrphan expects that no plugin lives on without its host.
func requireNoOrphan(b *bed) {
	b.t.Helper()
	began := time.Now()
	gone := eventuallyTrue(orphanLimit, func() bool { return len(pluginProcesses(b.dir)) == 0 })
	require.True(b.t, gone, "after %v plugin processes %v live on", orphanLimit, pluginProcesses(b.dir))
	b.t.Logf("the plugin was gone %v after its host", time.Since(began).Round(time.Millisecond))
}

// requireOneRunFolder expects that the running host swept what its predecessors left.
func requireOneRunFolder(b *bed) {
	b.t.Helper()
	entries, err := os.ReadDir(b.path("run"))
	require.NoError(b.t, err)
	require.Len(b.t, entries, 1, "%v", filesBelow(b.path("run")))
}

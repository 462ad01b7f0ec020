package wechattest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

func TestVirtualClockWakesWhoIsDue(t *testing.T) {
	t.Parallel()
	clock := wechattest.NewClock(noon())
	past, stopPast := clock.WakeAt(noon())
	soon, stopSoon := clock.WakeAt(noon().Add(time.Second))
	given, stopGiven := clock.WakeAt(noon().Add(time.Second))
	later, stopLater := clock.WakeAt(noon().Add(time.Minute))
	stopGiven()

	require.Len(t, past, 1, "a moment that is not ahead wakes at once")
	require.Empty(t, soon)
	clock.Advance(time.Second)
	require.Len(t, soon, 1)
	require.Empty(t, given)
	require.Empty(t, later)
	require.Equal(t, noon().Add(time.Second), clock.Now())
	stopPast()
	stopSoon()
	stopLater()
}

func TestRealClockIsTheDefault(t *testing.T) {
	t.Parallel()
	in := &inbox{status: 500}
	sim := wechattest.New(t, wechattest.WithNotifyTransport(in), wechattest.WithRetrySpeed(15_000))
	b := bench{sim, wechattest.NewClock(time.Now()), sim.Merchant(), privateKey(t, sim.Merchant().KeyPEM), sim.Phone("alice"), in}
	b.buy(t, "NO-0001")
	require.Eventually(t, func() bool { return len(sim.Attempts("NO-0001")) >= 4 }, 10*time.Second, time.Millisecond)
	in.answerWith(204)
}

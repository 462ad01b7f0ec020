//go:build unix

package host

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCrashReports(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h := s.ready(t)
	pid := h.List()[0].PID
	require.Empty(t, h.List()[0].Crashes)
	innocent := make(chan Outcome, 1)
	go func() { innocent <- h.Deliver(context.Background(), "fulfil", event("e-innocent", "wait")) }()
	s.log.await(t, "entered")
	require.Equal(t, Crashed, do(t, h, "e-guilty", "deep-crash").Result)
	require.Equal(t, Crashed, (<-innocent).Result)

	i := await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2 })
	require.Len(t, i.Crashes, 1)
	c := i.Crashes[0]
	require.Equal(t, pid, c.PID)
	require.Equal(t, "1.4.0", c.Version)
	require.Equal(t, "exit status 2", c.Status)
	require.Equal(t, "the process ended by itself", c.Reason)
	require.Positive(t, c.ReadyFor)
	require.Equal(t, []string{"e-guilty", "e-innocent"}, c.Events)
	require.Len(t, c.Output, tailLines)
	require.Equal(t, "panic: deep boom, token ***", c.Panic[0])
	require.Len(t, c.Panic, panicLines)
	require.NotContains(t, c.Output, c.Panic[0], "the stack is longer than the tail")
	require.Contains(t, i.LastError, "it panicked:\n\tpanic: deep boom, token ***")

	for n := range crashesKept {
		i = await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2+n })
		require.NoError(t, syscall.Kill(i.PID, syscall.SIGKILL))
		await(t, h, func(i Info) bool { return i.Starts == 3+n })
	}
	i = await(t, h, func(i Info) bool { return i.State == Ready })
	require.Len(t, i.Crashes, crashesKept)
	require.Equal(t, "signal: killed", i.Crashes[0].Status)
	require.True(t, slices.IsSortedFunc(i.Crashes, func(a, b Crash) int { return b.At.Compare(a.At) }))
}

func TestReportNamesNoMoreThanSoManyEvents(t *testing.T) {
	t.Parallel()
	hand := newHand()
	for n := range 2 * crashEvents {
		hand.take(fmt.Sprintf("e%d", n))
	}
	require.Len(t, hand.suspects(), crashEvents)
}

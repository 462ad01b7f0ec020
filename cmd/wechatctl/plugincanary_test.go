package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/operate"
)

func TestCanaryIsShown(t *testing.T) {
	t.Parallel()
	require.Empty(t, canary(nil, true))
	c := &operate.Canary{
		Version: "1.5.0", Share: 10, State: "rolled-back", Since: time.Now(), Reason: "it failed\x1b", MinEvents: 50, MaxErrors: 2,
		Process: &operate.Process{PID: 7, State: "stopped", Since: time.Now(), Running: 3, Memory: 1 << 20, MemoryLimit: 1 << 28, LastError: "it ended\x1b"},
		Tried:   operate.Tally{Events: 60, Errors: 9}, Compared: operate.Tally{Events: 500, Errors: 1},
		Shadow: &operate.Shadow{
			Ended: time.Now(), Events: 3, Handled: 2, Left: 4, Outcomes: map[string]int{"done": 2, "retry": 1}, Worse: 1, Calls: 1,
			Differences: []operate.Difference{{Event: "e1", Kind: "payment.succeeded", Before: "done", Now: "retry", Code: "handler", Reason: "no"}},
			Noted:       []operate.NotedCall{{Event: "e2", Call: "CloseOrder", Request: "{}"}},
		},
	}
	short := strings.Join(canary(c, false), "\n")
	require.Contains(t, short, "it failed 9 of 60 events, the stable version 1 of 500 meanwhile")
	require.Contains(t, short, "canary 1.5.0 was rolled back: it failed")
	require.NotContains(t, short, "\x1b")
	require.Contains(t, short, "in the shadow (over): 3 events (2 done, 1 retry), 2 of them handled before, 0 skipped, 4 left, 1 worse and 0 better than before, 1 calls noted")
	require.Contains(t, short, "has process 7, stopped for ")
	require.Contains(t, short, ", with 3 events")
	require.NotContains(t, short, "e1 ")
	require.NotContains(t, short, "judged")
	long := strings.Join(canary(c, true), "\n")
	require.Contains(t, long, "e1 payment.succeeded: was done, now retry: handler no")
	require.Contains(t, long, "e2 would call CloseOrder {}")
	require.Contains(t, long, "judged by its last events, from 50 on, and may fail 2 percentage points more than the stable version")
	require.Contains(t, long, "canary 1.5.0 uses memory 1.0 MiB of 256.0 MiB")
	require.Contains(t, long, "canary 1.5.0 last error: it ended")
	require.NotContains(t, long, "\x1b")
	c.State, c.Reason, c.Process = "rejected", "no such folder", nil
	require.Contains(t, strings.Join(canary(c, true), "\n"), "canary 1.5.0 was rejected: no such folder")
}

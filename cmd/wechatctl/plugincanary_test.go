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
		Version: "1.5.0", Share: 10, State: "rolled-back", Since: time.Now(), Reason: "it failed\x1b", PID: 7,
		Tried: operate.Tally{Events: 60, Errors: 9}, Compared: operate.Tally{Events: 500, Errors: 1},
		Shadow: &operate.Shadow{
			Ended: time.Now(), Events: 3, Outcomes: map[string]int{"done": 2, "retry": 1}, Worse: 1, Calls: 1,
			Differences: []operate.Difference{{Event: "e1", Kind: "payment.succeeded", Before: "done", Now: "retry", Code: "handler", Reason: "no"}},
			Noted:       []operate.NotedCall{{Event: "e2", Call: "CloseOrder", Request: "{}"}},
		},
	}
	short := strings.Join(canary(c, false), "\n")
	require.Contains(t, short, "it failed 9 of 60 events, the stable version 1 of 500 meanwhile")
	require.Contains(t, short, "canary 1.5.0 was rolled back: it failed")
	require.NotContains(t, short, "\x1b")
	require.Contains(t, short, "in the shadow (over): 3 events (2 done, 1 retry), 0 skipped, 1 worse and 0 better than before, 1 calls noted")
	require.NotContains(t, short, "e1")
	long := strings.Join(canary(c, true), "\n")
	require.Contains(t, long, "e1 payment.succeeded: was done, now retry: handler no")
	require.Contains(t, long, "e2 would call CloseOrder {}")
}

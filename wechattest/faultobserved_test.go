package wechattest_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// TestObserverIsToldWhatArrived: an answer that a script loses is not reported as if it had arrived.
func TestObserverIsToldWhatArrived(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  wechattest.Fault
		status int
		told   string
	}{
		"LostAnswer":    {wechattest.Fault{On: wechattest.OnAnswer, AnswerFault: wechattest.AnswerFault{Lost: true}}, 0, "the answer 200 was lost by a script"},
		"CutAnswer":     {wechattest.Fault{On: wechattest.OnAnswer, AnswerFault: wechattest.AnswerFault{Cut: 4}}, 200, "the answer was cut by a script after 4 of 52 bytes"},
		"Scripted":      {wechattest.Fault{On: wechattest.OnAnswer, AnswerFault: wechattest.AnswerFault{HTML: 502}}, 502, ""},
		"UnheardNotice": {wechattest.Fault{On: wechattest.OnNotice, NoticeFault: wechattest.NoticeFault{Deaf: true}}, 0, "the answer 204 was lost by a script"},
		"DroppedNotice": {wechattest.Fault{On: wechattest.OnNotice, NoticeFault: wechattest.NoticeFault{Drop: true}}, 0, "dropped by a script"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			seen := map[wechattest.Direction]wechattest.Exchange{}
			b := setup(t, wechattest.WithObserver(func(e wechattest.Exchange) {
				mu.Lock()
				defer mu.Unlock()
				seen[e.Direction] = e
			}))
			direction := wechattest.FromWeChat
			if test.fault.On == wechattest.OnNotice {
				require.NoError(t, b.sim.Play(wechattest.Script{Faults: []wechattest.Fault{test.fault}}))
				b.buy(t, "NO-0001")
				b.settle(t)
				attempt := b.sim.Attempts("NO-0001")[0]
				require.Zero(t, attempt.Status)
				require.Equal(t, test.told, attempt.Error)
			} else {
				direction = wechattest.ToWeChat
				request := b.signedCall(t, http.MethodPost, jsapiPath, b.order("NO-0001"))
				require.NoError(t, b.sim.Play(wechattest.Script{Faults: []wechattest.Fault{test.fault}}))
				_ = b.try(request)
			}
			mu.Lock()
			defer mu.Unlock()
			require.Equal(t, test.status, seen[direction].Status)
			require.Equal(t, test.told, seen[direction].Error)
		})
	}
	t.Run("Timeout", func(t *testing.T) {
		t.Parallel()
		told := make(chan wechattest.Exchange, 1)
		b := setup(t, wechattest.WithObserver(func(e wechattest.Exchange) { told <- e }))
		require.NoError(t, b.sim.Play(wechattest.Script{Faults: []wechattest.Fault{{
			On: wechattest.OnAnswer, AnswerFault: wechattest.AnswerFault{Timeout: true},
		}}}))
		ctx, giveUp := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, openAPI+"/sns/jscode2session", nil)
		require.NoError(t, err)
		gaveUp := make(chan error, 1)
		go func() { gaveUp <- b.try(request) }()
		require.Eventually(t, func() bool { return b.sim.FaultReports()[0].Struck == 1 }, 10*time.Second, time.Millisecond)
		giveUp()
		require.ErrorIs(t, <-gaveUp, context.Canceled)
		require.Equal(t, "the answer 200 was kept back by a script", (<-told).Error)
	})
}

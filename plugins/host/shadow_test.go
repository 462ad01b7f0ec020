//go:build unix

package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
	"wgink.ink/wechat/plugins/sdk"
)

// settled makes a past in which the plugin handled these events; what each shall do stands in its payload.
func settled(before Result, events ...string) Past {
	return func(_ context.Context, _ string, limit int) (past []PastEvent, err error) {
		for _, what := range events[max(0, len(events)-limit):] {
			past = append(past, PastEvent{Event: event("past-"+what, what), Outcome: Outcome{Result: before}})
		}
		return past, nil
	}
}

func (s *scene) inTheShadow(t *testing.T, past Past, change func(c *config.Canary)) (stable, tried string) {
	t.Helper()
	s.past = past
	return s.tryOut(t, func(c *config.Canary) {
		c.Share, c.Shadow = 0, 200
		if change != nil {
			change(c)
		}
	})
}

func awaitVerdict(t *testing.T, h *Host, want CanaryState) Canary {
	t.Helper()
	return *await(t, h, func(i Info) bool { return i.Canary.State == want && i.Canary.Process.State == Stopped }).Canary
}

// What the plugin would do is shown and not done, in its own ledger as through the host.
func TestShadowShowsAndDoesNot(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	_, tried := s.inTheShadow(t, settled(Reject, "count", "close", "count"), func(c *config.Canary) { c.MaxErrors = 100 })
	var closed atomic.Int32
	s.services.CloseOrder = func(context.Context, string) error {
		closed.Add(1)
		return nil
	}
	s.permit(t, "orders.close")
	h := s.ready(t)
	c := awaitVerdict(t, h, CanaryUnproven)
	require.Zero(t, closed.Load())
	require.NoFileExists(t, tried)
	require.Equal(t, 3, c.Shadow.Events)
	require.Equal(t, map[string]int{"done": 2, "reject": 1}, c.Shadow.Outcomes)
	require.Equal(t, 2, c.Shadow.Better, "they were dead letters")
	require.Zero(t, c.Shadow.Worse)
	require.Len(t, c.Shadow.Differences, 2)
	require.Equal(t, 1, c.Shadow.Calls)
	require.Equal(t, "CloseOrder", c.Shadow.Noted[0].Call)
	require.Equal(t, "past-close", c.Shadow.Noted[0].EventID)
	require.Contains(t, c.Shadow.Noted[0].Request, "s-past-close")
	require.Equal(t, true, s.log.await(t, "plugin called the host")["shadow"])
	s.log.await(t, "canary's shadow run is over")
	require.Zero(t, c.Process.PID, "its process ended with the run")

	// The negative control: outside of the shadow both happen.
	require.Contains(t, do(t, h, "e1", "close").Message, "<nil>")
	require.EqualValues(t, 1, closed.Load())
}

func TestShadowThenShare(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	_, tried := s.inTheShadow(t, settled(Done, "count", "count"), func(c *config.Canary) { c.Share, c.Shadow = 99, 1 })
	h := s.ready(t)
	i := awaitCanary(t, h)
	require.Equal(t, 1, i.Canary.Shadow.Events, "no more than asked for")
	require.NoFileExists(t, tried)
	for n := range 20 {
		require.Equal(t, Done, do(t, h, "e"+string(rune('a'+n)), "count").Result)
	}
	require.FileExists(t, tried, "the process of the share is another one, and does")
}

func TestShadowIsRefusedOrFails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		past   Past
		change func(c *config.Canary)
		want   string
	}{
		"NotDeclared":    {settled(Done, "count"), func(c *config.Canary) { c.Version, c.Config = "1.6.0", config.Settings{} }, "does not declare the feature shadow"},
		"Worse":          {settled(Done, "count", "retry"), nil, "in the shadow it failed 1 of 2 events"},
		"Crashes":        {settled(Done, "count", "crash", "count"), nil, "panic: goroutine boom"},
		"NoPast":         {nil, nil, "this host keeps no events of the past"},
		"UnreadablePast": {func(context.Context, string, int) ([]PastEvent, error) { return nil, os.ErrDeadlineExceeded }, nil, "its shadow run did not begin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			_, tried := s.inTheShadow(t, tc.past, func(c *config.Canary) {
				c.Share = 50
				if tc.change != nil {
					tc.change(c)
				}
			})
			s.release(t, "fulfil", "1.6.0", "undeclared", `["test"]`)
			h := s.ready(t)
			c := awaitVerdict(t, h, CanaryRolledBack)
			require.Contains(t, c.Reason, tc.want)
			require.NoFileExists(t, tried)
			require.Equal(t, Done, do(t, h, "e1", "count").Result)
			require.NoFileExists(t, tried, "what has failed in the shadow gets no share")
			require.Empty(t, h.List()[0].Crashes)
		})
	}
}

// In the shadow an order is what the host has stored: WeChat is not asked, since the answer would be stored.
func TestShadowAsksOnlyTheStore(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		stored func(ctx context.Context, outTradeNo, transactionID string) (*sdk.Order, error)
		want   string
	}{
		"Stored": {func(_ context.Context, outTradeNo, _ string) (*sdk.Order, error) {
			return &sdk.Order{OutTradeNo: outTradeNo, Description: "as stored"}, nil
		}, "as stored"},
		"Unknown": {func(context.Context, string, string) (*sdk.Order, error) {
			return nil, fault.New(fault.OrderNotFound, nil)
		}, "not-found"},
		"NotOffered": {nil, "this host does not offer it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			s.inTheShadow(t, settled(Done, "query"), func(c *config.Canary) { c.MaxErrors = 100 })
			var asked atomic.Int32
			s.services.QueryOrder = func(context.Context, string, string) (*sdk.Order, error) {
				asked.Add(1)
				return &sdk.Order{}, nil
			}
			s.services.StoredOrder = tc.stored
			s.permit(t, "orders.read")
			h := s.ready(t)
			c := awaitVerdict(t, h, CanaryPassed)
			require.Zero(t, asked.Load())
			require.Contains(t, c.Shadow.Differences[0].Now.Message, tc.want) // it rejects with what it was answered
			do(t, h, "e1", "query")
			require.EqualValues(t, 1, asked.Load(), "outside of the shadow WeChat is asked")
		})
	}
}

// permit lets both versions of fulfil have a permission.
func (s *scene) permit(t *testing.T, permission string) {
	t.Helper()
	for _, version := range []string{"1.4.0", "1.5.0"} {
		manifest := filepath.Join(s.cfg.Dir, "fulfil", version, ManifestName)
		text, err := os.ReadFile(manifest)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(manifest, append(text, "permissions: ["+permission+"]\n"...), 0o644))
	}
	s.set("fulfil", func(p *config.Plugin) { p.Grant = []string{permission} })
}

// pastOf is a past of so many events that were handled and so many that were dead letters, of which the canary would retry
// some and count the others.
func pastOf(handled, worse, dead int) Past {
	return func(context.Context, string, int) (past []PastEvent, err error) {
		for n := range handled + dead {
			one := PastEvent{Event: event(fmt.Sprint("past", n), "count"), Outcome: Outcome{Result: Done}}
			if n < worse {
				one.Event.Payload = []byte(`{"do":"retry"}`)
			}
			if n >= handled {
				one.Outcome.Result = Reject
			}
			past = append(past, one)
		}
		return past, nil
	}
}

// Only what the stable version had handled can be done worse: dead letters thin nothing out, an empty past proves nothing,
// and a run that is lost ends.
func TestShadowVerdict(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		past         Past
		want         CanaryState
		events, left int
	}{
		"Passes":        {pastOf(60, 1, 10), CanaryPassed, 70, 0},
		"DeadLettersDo": {pastOf(2, 2, 98), CanaryRolledBack, 1, 99},
		"LostEarly":     {pastOf(100, 50, 0), CanaryRolledBack, 3, 97},
		"Empty":         {pastOf(0, 0, 0), CanaryUnproven, 0, 0},
		"OnlyDead":      {pastOf(0, 0, 3), CanaryUnproven, 3, 0},
		"OtherKinds": {func(context.Context, string, int) ([]PastEvent, error) {
			return []PastEvent{{Event: Event{ID: "e1", Type: "notice.other"}, Outcome: Outcome{Result: Done}}}, nil
		}, CanaryUnproven, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			s.inTheShadow(t, tc.past, nil)
			h := s.ready(t)
			c := awaitVerdict(t, h, tc.want)
			require.Equal(t, tc.events, c.Shadow.Events)
			require.Equal(t, tc.left, c.Shadow.Left)
			require.False(t, c.Shadow.Ended.IsZero())
			if tc.want == CanaryUnproven {
				s.log.await(t, "canary's shadow run proves nothing")
			}
		})
	}
}

// A share that was asked for begins after a run that proves nothing, too, and the log says so.
func TestShareAfterAnEmptyPast(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.inTheShadow(t, pastOf(0, 0, 0), func(c *config.Canary) { c.Share = 50 })
	h := s.ready(t)
	i := awaitCanary(t, h)
	require.Zero(t, i.Canary.Shadow.Events)
	require.EqualValues(t, 50, s.log.await(t, "canary's shadow run proves nothing")["share"])
}

func TestStopDuringAShadowRun(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.inTheShadow(t, settled(Done, "wait"), nil)
	h := s.ready(t)
	s.log.await(t, "entered")
	pid := h.List()[0].Canary.Process.PID
	require.NoError(t, h.Stop(t.Context()))
	requireGone(t, pid)
}

// What a plugin asks for in the shadow is shown, but however long it is, the host keeps a little of it.
func TestNotesAreShort(t *testing.T) {
	t.Parallel()
	n := &notes{}
	long := strings.Repeat("微", 20<<10)
	for range keptInReport + 1 {
		_, err := n.instead(closeCall(), &pluginv1.CloseOrderRequest{OutTradeNo: long, EventId: long})
		require.NoError(t, err)
	}
	calls, count := n.read()
	require.Equal(t, keptInReport+1, count)
	require.Len(t, calls, keptInReport)
	for _, c := range calls {
		require.LessOrEqual(t, len(c.EventID), numberMax+20)
		require.LessOrEqual(t, len(c.Request), noteMax+len("…"))
		require.True(t, utf8.ValidString(c.Request))
	}
}

// A call that changes something and that nobody has thought of is not made in the shadow.
func TestShadowRefusesUnknownChanges(t *testing.T) {
	t.Parallel()
	n := &notes{}
	_, err := n.instead(wire.Call{Feature: "NewVerb", Changes: true}, &pluginv1.QueryOrderRequest{EventId: "e1"})
	require.ErrorIs(t, err, errNotOffered)
	calls, count := n.read()
	require.Equal(t, 1, count)
	require.Equal(t, "NewVerb", calls[0].Call)
	require.JSONEq(t, `{"eventId":"e1"}`, calls[0].Request)
}

package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/lanetest"
)

const allEvents = `["payment.succeeded", "user.*", "refund.*", "test"]`

// effects counts how often each event had its effect.
func effects(t *testing.T, ledger string) map[string]int {
	t.Helper()
	text, err := os.ReadFile(ledger)
	require.NoError(t, err)
	counts := map[string]int{}
	for event := range strings.Lines(string(text)) {
		counts[strings.TrimSpace(event)]++
	}
	return counts
}

// load hands over counted events from several goroutines until stop is called, which returns how many there were and
// every outcome that was not Done.
func load(h *Host, workers int) (stop func() (int64, []Outcome)) {
	var (
		done     atomic.Bool
		sent     atomic.Int64
		all      sync.WaitGroup
		mu       sync.Mutex
		failures []Outcome
	)
	for range workers {
		all.Go(func() {
			for !done.Load() {
				out := h.Deliver(context.Background(), "fulfil", event(fmt.Sprintf("e%d", sent.Add(1)), "count"))
				if out.Result != Done {
					mu.Lock()
					failures = append(failures, out)
					mu.Unlock()
				}
			}
		})
	}
	return func() (int64, []Outcome) {
		done.Store(true)
		all.Wait()
		return sent.Load(), failures
	}
}

func TestHotSwapLosesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	ledger := filepath.Join(s.base, "ledger")
	s.release(t, "fulfil", "1.5.0", "v1.5.0", allEvents)
	s.set("fulfil", func(p *config.Plugin) { p.Config = map[string]any{"ledger": ledger} })
	h := s.ready(t)

	began := time.Now()
	stop := load(h, 4) // as many as the plugin takes at once
	for i := range 20 {
		s.set("fulfil", func(p *config.Plugin) { p.Version = []string{"1.5.0", "1.4.0"}[i%2] })
		require.NoError(t, h.Apply(t.Context(), s.cfg))
		require.Equal(t, s.cfg.Enabled["fulfil"].Version, h.List()[0].Version)
	}
	took := time.Since(began)
	sent, failures := stop()

	require.Empty(t, failures)
	require.Greater(t, int(sent), 200, "there was load")
	if lanetest.Full() { // a busy machine may be slower
		require.Greater(t, float64(sent)/took.Seconds(), 300.0, "events per second")
	}
	t.Logf("20 swaps in %v under %.0f events/s", took, float64(sent)/took.Seconds())
	counts := effects(t, ledger)
	require.Len(t, counts, int(sent))
	for event, n := range counts {
		require.Equal(t, 1, n, event)
	}
	i := await(t, h, func(i Info) bool { return i.Draining == 0 })
	require.Equal(t, 21, i.Starts)
	require.Equal(t, 20, i.Swaps)
	require.Equal(t, Swap{At: i.LastSwap.At, From: "1.5.0", To: "1.4.0", Reason: "configuration"}, *i.LastSwap)
}

// A swap that does not wait for the calls under way would lose them: the negative control of the test above.
func TestCallsUnderWayAreLostWithoutDraining(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h := s.ready(t)
	p := working(h)
	ended := make(chan Outcome, 1)
	go func() { ended <- h.Deliver(context.Background(), "fulfil", event("e1", "finish")) }()
	s.log.await(t, "entered")
	p.stopping.Store(true)
	p.end(false)
	require.NotEqual(t, Done, (<-ended).Result)
}

func working(h *Host) *process {
	s := h.roster()["fulfil"]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

func TestBrokenVersionRollsBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(p *config.Plugin)
		want   string
	}{
		"ExitsAtStart":      {func(p *config.Plugin) { p.Version = "1.5.0" }, "exit status 7; it printed last:\n\tcannot open the ledger"},
		"WrongVersion":      {func(p *config.Plugin) { p.Version = "1.6.0" }, `is version "1.4.0", not "1.6.0"`},
		"RefusesItsConfig":  {func(p *config.Plugin) { p.Config = map[string]any{"erp": 1} }, `unknown key "erp"`},
		"CannotStart":       {func(p *config.Plugin) { p.Config = map[string]any{"at_start": "fail"} }, "ledger is down, token ***"},
		"HangsInStart":      {func(p *config.Plugin) { p.Config = map[string]any{"at_start": "silent"} }, "configure: no answer within "},
		"NeverHandshakes":   {func(p *config.Plugin) { p.Version = "1.7.0" }, "no handshake in time"},
		"LacksItsHandlers":  {func(p *config.Plugin) { p.Version = "1.8.0" }, "but its handler has no OnUserEvent"},
		"RejectedAtReading": {func(p *config.Plugin) { p.Version = "9.9.9" }, "9.9.9/plugin.yaml: no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			s.limits.configure = 500 * time.Millisecond
			s.limits.start = 5 * time.Second
			ledger := filepath.Join(s.base, "ledger")
			s.set("fulfil", func(p *config.Plugin) { p.Config = map[string]any{"ledger": ledger} })
			s.release(t, "fulfil", "1.5.0", "exit", allEvents)
			s.release(t, "fulfil", "1.6.0", "plugin", allEvents)
			s.release(t, "fulfil", "1.7.0", "silent", allEvents)
			s.release(t, "fulfil", "1.8.0", "payments", allEvents)
			if name == "NeverHandshakes" {
				s.limits.start = time.Second
			}
			h := s.ready(t)
			before := h.List()[0]
			good := s.cfg
			stop := load(h, 4)
			s.set("fulfil", tc.change)
			err := h.Apply(t.Context(), s.cfg)
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "c4n4ry")
			sent, failures := stop()
			require.Empty(t, failures)
			require.Equal(t, Done, do(t, h, "last", "count").Result)
			require.Len(t, effects(t, ledger), int(sent)+1)

			after := h.List()[0]
			require.Equal(t, before.PID, after.PID)
			require.Equal(t, "1.4.0", after.Version)
			require.Equal(t, Ready, after.State)
			require.Zero(t, after.Swaps)
			if name == "RejectedAtReading" {
				require.Nil(t, after.LastSwap)
			} else {
				require.Contains(t, after.LastSwap.Error, tc.want)
			}
			require.NoError(t, h.Apply(t.Context(), good))
			require.Equal(t, before.PID, h.List()[0].PID)
		})
	}
}

// An event whose handler may still run in the replaced process does not reach the new one: neither process knows what
// runs in the other.
func TestEventWaitsForTheReplacedProcess(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.set("fulfil", func(p *config.Plugin) { p.Limits.Timeout = 200 * time.Millisecond })
	h := s.ready(t)
	require.Equal(t, "deadline", do(t, h, "e1", "hang").Code)
	require.NoError(t, h.Reload(t.Context(), "fulfil"))
	out := do(t, h, "e1", "nothing")
	require.Equal(t, NotReady, out.Result)
	require.Equal(t, "busy", out.Code)
	require.Equal(t, Done, do(t, h, "e2", "nothing").Result)
	await(t, h, func(i Info) bool { return i.Draining == 0 })
	require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
}

func TestStopDuringAHotSwap(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h := s.ready(t)
	s.set("fulfil", func(p *config.Plugin) { p.Config = map[string]any{"at_start": "silent"} })
	ended := make(chan error, 1)
	go func() { ended <- h.Apply(context.Background(), s.cfg) }()
	await(t, h, func(i Info) bool { return i.Starts == 2 })
	require.NoError(t, h.Stop(t.Context()))
	require.ErrorIs(t, <-ended, errStopped)
	require.ErrorIs(t, h.Apply(t.Context(), s.cfg), errNotRunning)
}

package host

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/lanetest"
)

func byID(h *Host) map[string]Info {
	all := map[string]Info{}
	for _, i := range h.List() {
		all[i.ID] = i
	}
	return all
}

func TestApplyChangesWhatDiffers(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.add(t, "same", "plugin", `["*"]`)
	s.add(t, "old", "plugin", `["*"]`)
	h := s.ready(t)
	before := byID(h)
	require.Equal(t, []string{"fulfil", "old", "same"}, h.Subscribers("test"))

	next := s.cfg
	next.Enabled = map[string]config.Plugin{"same": s.cfg.Enabled["same"], "fulfil": s.cfg.Enabled["fulfil"]}
	s.cfg = next
	s.set("fulfil", func(p *config.Plugin) { p.Limits.Concurrency = 2 })
	s.add(t, "fresh", "plugin", `["user.*"]`)
	require.NoError(t, h.Apply(t.Context(), s.cfg))

	after := byID(h)
	require.Len(t, after, 3)
	require.Equal(t, before["same"].PID, after["same"].PID)
	require.NotEqual(t, before["fulfil"].PID, after["fulfil"].PID)
	require.Equal(t, 2, h.Capacity("fulfil"))
	require.Equal(t, Ready, after["fresh"].State)
	require.Equal(t, []string{"fulfil", "same"}, h.Subscribers("test"))
	require.Equal(t, []string{"fresh", "fulfil", "same"}, h.Subscribers("user.created"))
	require.Equal(t, "unknown-plugin", h.Deliver(t.Context(), "old", event("e1", "nothing")).Code)
}

func TestApplyDrainsWhatIsRemoved(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h := s.ready(t)
	ended := make(chan Outcome, 1)
	go func() { ended <- h.Deliver(context.Background(), "fulfil", event("e1", "finish")) }()
	s.log.await(t, "entered")
	s.cfg.Enabled = nil
	require.NoError(t, h.Apply(t.Context(), s.cfg))
	require.Equal(t, Done, (<-ended).Result)
	s.log.await(t, "handler stopped")
	require.Empty(t, h.List())

	// And it can come back, as any plugin that is new.
	s.set("fulfil", func(p *config.Plugin) { p.Version = "1.4.0" })
	require.NoError(t, h.Apply(t.Context(), s.cfg))
	require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
}

func TestRemovalEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h := s.ready(t)
	ended := make(chan Outcome, 1)
	go func() { ended <- h.Deliver(context.Background(), "fulfil", event("e1", "hang")) }()
	s.log.await(t, "entered")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	s.cfg.Enabled = nil
	began := time.Now()
	require.NoError(t, h.Apply(ctx, s.cfg))
	require.Less(t, time.Since(began), 2*time.Second+lanetest.Slack())
	require.Equal(t, "stopping", (<-ended).Code)
}

func TestApplyFromNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	enabled := s.cfg.Enabled
	s.cfg.Enabled = nil
	h, err := newHost(s.cfg, Options{Logger: slog.New(s.log)}, s.limits)
	require.NoError(t, err)
	require.ErrorIs(t, h.Apply(t.Context(), s.cfg), errNotRunning)
	require.NoError(t, h.Start(t.Context()))
	require.NoDirExists(t, s.cfg.RunDir)
	s.cfg.Enabled = enabled
	require.NoError(t, h.Apply(t.Context(), s.cfg))
	require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
	s.cfg.RunDir += "x"
	require.ErrorContains(t, h.Apply(t.Context(), s.cfg), "plugins.run-dir cannot change")
	require.NoError(t, h.Stop(t.Context()))
}

func TestReload(t *testing.T) {
	t.Parallel()
	t.Run("TakesTheFilesAnew", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "v0.9.0")
		h := s.start(t)
		i := await(t, h, func(i Info) bool { return i.State == Rejected })
		require.Contains(t, i.LastError, `is version "0.9.0"`)

		// Nothing was done about it, so nothing is better.
		require.ErrorContains(t, h.Reload(t.Context(), "fulfil"), `version 1.4.0 did not take over: is version "0.9.0"`)
		require.Equal(t, Rejected, h.List()[0].State)
		require.ErrorContains(t, h.Apply(t.Context(), s.cfg), `is version "0.9.0"`)

		require.NoError(t, os.Rename(filepath.Join(s.folder("fulfil"), "bin", "v0.9.0"), filepath.Join(s.folder("fulfil"), "bin", "plugin")))
		s.manifest(t, "fulfil", goodManifest+"executables: {"+platform()+": bin/plugin}\n")
		require.NoError(t, h.Reload(t.Context(), "fulfil"))
		require.Equal(t, Ready, h.List()[0].State)
	})
	t.Run("SkipsTheWaitForARestart", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "exit")
		s.limits.backoffFirst = time.Hour
		s.release(t, "fulfil", "1.5.0", "v1.5.0", allEvents)
		s.release(t, "fulfil", "1.6.0", "payments", allEvents)
		h := s.start(t)
		i := await(t, h, func(i Info) bool { return i.State == Backoff && i.Starts == 2 && !i.NextStart.IsZero() })
		require.Greater(t, time.Until(i.NextStart), 45*time.Minute)

		s.set("fulfil", func(p *config.Plugin) { p.Version = "1.6.0" })
		require.ErrorContains(t, h.Apply(t.Context(), s.cfg), "has no OnUserEvent")
		after := h.List()[0]
		require.Equal(t, i.NextStart, after.NextStart)
		require.Equal(t, "1.4.0", after.Version)

		s.set("fulfil", func(p *config.Plugin) { p.Version = "1.5.0" })
		require.NoError(t, h.Apply(t.Context(), s.cfg))
		require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
	})
	t.Run("OfNothing", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		h := s.ready(t)
		require.ErrorContains(t, h.Reload(t.Context(), "nobody"), "not enabled")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.Error(t, h.Reload(ctx, "fulfil"))
		await(t, h, func(i Info) bool { return i.Draining == 0 })
	})
}

//go:build unix

package host

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/lanetest"
)

// gone tells whether a process no longer runs; one that nobody reaps counts as gone.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}

func requireGone(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool { return gone(pid) }, 2*time.Second+lanetest.Slack(), 5*time.Millisecond)
}

func TestCrashes(t *testing.T) {
	t.Parallel()
	for what, status := range map[string]string{"crash": "exit status 2", "exit": "exit status 3"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			h := s.ready(t)
			out := do(t, h, "e1", what)
			require.Equal(t, Crashed, out.Result)
			require.Contains(t, out.Message, status)
			i := await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2 })
			require.Contains(t, i.LastError, status)
			if what == "crash" {
				require.Contains(t, i.LastError, "panic: goroutine boom")
				require.Equal(t, "ERROR", s.log.await(t, "panic: goroutine boom")["level"])
			}
			require.Equal(t, Done, do(t, h, "e2", "nothing").Result)
		})
	}
	t.Run("KilledDuringACall", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		h := s.ready(t)
		pid := h.List()[0].PID
		ended := make(chan Outcome, 1)
		go func() { ended <- h.Deliver(context.Background(), "fulfil", event("e1", "wait")) }()
		s.log.await(t, "entered")
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		out := <-ended
		require.Equal(t, Crashed, out.Result)
		require.Contains(t, out.Message, "signal: killed")
		i := await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2 })
		require.NotEqual(t, pid, i.PID)
		require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
	})
	t.Run("SignalsOfAServiceManagerDoNothing", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		h := s.ready(t)
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			require.NoError(t, syscall.Kill(h.List()[0].PID, sig))
			require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
		}
		require.Equal(t, 1, h.List()[0].Starts)
	})
	t.Run("ChildrenEndWithThePlugin", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		h := s.ready(t)
		child, err := strconv.Atoi(do(t, h, "e1", "child").Message)
		require.NoError(t, err)
		require.Equal(t, Crashed, do(t, h, "e2", "exit").Result)
		requireGone(t, child)
		awaitReady(t, h)
	})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	t.Run("StoppedProcessIsReplaced", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		s.limits.healthEvery, s.limits.healthCall = 20*time.Millisecond, 200*time.Millisecond
		h := s.ready(t)
		pid := h.List()[0].PID
		require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
		await(t, h, func(i Info) bool { return i.State == Degraded })
		require.Equal(t, 1, h.Capacity("fulfil"))
		i := await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2 })
		require.Contains(t, i.LastError, "health was bad 3 times")
		requireGone(t, pid)
	})
	t.Run("ContinuedProcessIsReadyAgain", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		s.limits.healthEvery, s.limits.healthCall, s.limits.missesMax = 20*time.Millisecond, 200*time.Millisecond, 1000
		h := s.ready(t)
		pid := h.List()[0].PID
		require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
		await(t, h, func(i Info) bool { return i.State == Degraded })
		require.NoError(t, syscall.Kill(pid, syscall.SIGCONT))
		i := await(t, h, func(i Info) bool { return i.State == Ready })
		require.Equal(t, 1, i.Starts)
	})
	t.Run("StuckHandlerIsReplaced", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		s.limits.healthEvery = 20 * time.Millisecond
		s.set("fulfil", func(p *config.Plugin) { p.Limits.Timeout = 100 * time.Millisecond })
		h := s.ready(t)
		require.Equal(t, "deadline", do(t, h, "e1", "hang").Code)
		i := await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2 })
		require.Contains(t, i.LastError, "three times its limit of 100ms")
	})
}

func TestStop(t *testing.T) {
	t.Parallel()
	t.Run("FinishesWhatIsUnderWay", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		h := s.ready(t)
		ended := make(chan Outcome, 1)
		go func() { ended <- h.Deliver(context.Background(), "fulfil", event("e1", "finish")) }()
		s.log.await(t, "entered")
		require.NoError(t, h.Stop(t.Context()))
		require.Equal(t, Done, (<-ended).Result)
		s.log.await(t, "handler stopped")
	})
	t.Run("CutsWhatDoesNotFinish", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		s.limits.drainWait = 100 * time.Millisecond
		h := s.ready(t)
		ended := make(chan Outcome, 1)
		go func() { ended <- h.Deliver(context.Background(), "fulfil", event("e1", "hang")) }()
		s.log.await(t, "entered")
		require.NoError(t, h.Stop(t.Context()))
		out := <-ended
		require.Equal(t, NotReady, out.Result)
		require.Equal(t, "stopping", out.Code)
	})
	t.Run("EndsAStoppedProcess", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		h := s.ready(t)
		pid := h.List()[0].PID
		require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
		began := time.Now()
		require.NoError(t, h.Stop(t.Context()))
		require.Less(t, time.Since(began), 5*time.Second+lanetest.Slack())
		requireGone(t, pid)
	})
	t.Run("EndsWithItsContext", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		h := s.ready(t)
		pid := h.List()[0].PID
		require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		began := time.Now()
		require.NoError(t, h.Stop(ctx))
		require.Less(t, time.Since(began), time.Second+lanetest.Slack())
		requireGone(t, pid)
	})
}

func TestPluginSeesNothingOfTheHost(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h := s.ready(t)
	seen := strings.Fields(do(t, h, "e1", "env").Message)
	allowed := map[string]bool{
		"PATH": true, "LANG": true, "LC_ALL": true, "TZ": true, "TMPDIR": true, "GOMEMLIMIT": true,
		"WECHAT_PLUGIN": true, "WECHAT_PLUGIN_LIFELINE": true, "WECHAT_PLUGIN_LOG_LEVEL": true,
		"PLUGIN_MIN_PORT": true, "PLUGIN_MAX_PORT": true, "PLUGIN_PROTOCOL_VERSIONS": true,
		"PLUGIN_CLIENT_CERT": true, "PLUGIN_UNIX_SOCKET_DIR": true,
	}
	for _, name := range seen {
		if dir, ok := strings.CutPrefix(name, "dir="); ok {
			require.True(t, strings.HasPrefix(filepath.Base(dir), "fulfil."), dir)
			require.True(t, strings.HasPrefix(dir, s.cfg.RunDir))
			continue
		}
		require.True(t, allowed[name], name)
	}
	info, err := os.Stat(h.around.dir.path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestLogs(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.set("fulfil", func(p *config.Plugin) { p.Config["at_start"] = "leak" })
	h := s.ready(t)
	leak := s.log.await(t, "my token is")
	require.Equal(t, "my token is ***", leak["msg"])
	require.Equal(t, map[string]any{"token": "***", "all": "***"}, leak["plugin_fields"])
	s.log.await(t, "printed token ***")

	require.Equal(t, Done, do(t, h, "e1", "log").Result)
	bell := s.log.await(t, "bell")
	require.Equal(t, `bell \u0007 and\nline`, bell["msg"])
	require.Equal(t, "WARN", bell["level"])
	require.Equal(t, "fulfil", bell["plugin"])
	require.Equal(t, map[string]any{"order": "s-e1", "g": `{"a":1}`}, bell["plugin_fields"])
	require.Equal(t, "INFO", s.log.await(t, "on standard output")["level"])
	require.Equal(t, "INFO", s.log.await(t, "on standard error")["level"])
}

//go:build linux

package host

import (
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

// T41's figures; other tests run beside, so the short lane adds its slack.
const (
	hangLimit   = 500 * time.Millisecond // an event's time
	returnsIn   = hangLimit + 100*time.Millisecond
	goneIn      = time.Second     // a process that hangs, after the event's time
	readyIn     = 2 * time.Second // the next one, after that
	closesIn    = 5 * time.Second
	takesOverIn = stuckAfter*hangLimit + readyIn // in place of a handler that is stuck
	leavesIn    = hangLimit + closesIn           // the process with that handler
)

// T41: a process that does not answer any more, although its events are over time, is killed at once.
func TestProcessThatHangs(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.limits = defaultTiming() // the shipped limits: the regular checks of its health come much later
	s.set("fulfil", func(p *config.Plugin) { p.Limits.Timeout = hangLimit })
	h := s.ready(t)
	pid := h.List()[0].PID
	stop(t, pid)
	began := time.Now()
	out := do(t, h, "e1", "nothing")
	returned := time.Since(began)
	require.Equal(t, "deadline", out.Code)
	require.LessOrEqual(t, returned, returnsIn+lanetest.Slack())

	requireGone(t, pid)
	took := time.Since(began) - returned
	require.LessOrEqual(t, took, goneIn+lanetest.Slack())
	after := await(t, h, func(i Info) bool { return i.State == Ready && i.PID != pid })
	require.Contains(t, after.LastError, "an event came to its time limit and the process does not answer")
	again := time.Since(began) - returned - took
	require.LessOrEqual(t, again, readyIn+lanetest.Slack())
	require.Equal(t, Done, do(t, h, "e2", "nothing").Result)

	stop(t, after.PID)
	began = time.Now()
	require.NoError(t, h.Stop(t.Context()))
	closed := time.Since(began)
	require.LessOrEqual(t, closed, closesIn+lanetest.Slack())
	t.Logf("call back after %v, group gone %v later, ready again %v later; closed in %v", returned, took, again, closed)
}

// T41: a handler that hangs costs its own event its time limit; the others go on, in a new process in the end.
func TestHandlerThatHangs(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]string{"Blocked": "hang", "Spinning": "spin", "ChildHoldsFiles": "hang"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			s.limits.healthEvery = 50 * time.Millisecond
			s.set("fulfil", func(p *config.Plugin) { p.Limits.Timeout = hangLimit })
			h := s.ready(t)
			if name == "ChildHoldsFiles" {
				do(t, h, "e0", "far-child")
			}
			pid := h.List()[0].PID
			began := time.Now()
			require.Equal(t, "deadline", do(t, h, "e1", hang).Code)
			returned := time.Since(began)
			require.LessOrEqual(t, returned, returnsIn+lanetest.Slack())
			require.Equal(t, Done, do(t, h, "e2", "nothing").Result)
			await(t, h, func(i Info) bool { return i.State == Ready && i.PID != pid })
			tookOver := time.Since(began)
			require.LessOrEqual(t, tookOver, takesOverIn+lanetest.Slack())
			await(t, h, func(i Info) bool { return i.Draining == 0 })
			require.True(t, gone(pid))
			left := time.Since(began) - tookOver
			require.LessOrEqual(t, left, leavesIn+lanetest.Slack())
			require.Equal(t, Done, do(t, h, "e3", "nothing").Result)

			do(t, h, "e4", hang) // now the host closes on it
			began = time.Now()
			require.NoError(t, h.Stop(t.Context()))
			closed := time.Since(began)
			require.LessOrEqual(t, closed, closesIn+lanetest.Slack())
			killChildren(t, s)
			t.Logf("call back after %v, taken over after %v, gone %v later; closed in %v", returned, tookOver, left, closed)
		})
	}
}

// T41: what hangs before its handshake is killed when its time to start is over, however much it prints meanwhile.
func TestStartThatHangs(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"NeverPrints":   "sleep 300",
		"PrintsGarbage": "while :; do echo '|||| garbage'; done",
		"PrintsNoLine":  "while :; do printf '1|1|unix|'; done",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "hangs")
			s.limits.start, s.limits.backoffFirst = 300*time.Millisecond, time.Hour
			program(t, s, "hangs", "#!/bin/sh\n"+script+"\n")
			began := time.Now()
			h := s.start(t)
			i := await(t, h, func(i Info) bool { return i.State == Backoff && i.Starts == 2 })
			require.Contains(t, i.LastError, "no handshake in time")
			require.LessOrEqual(t, time.Since(began), 2*(s.limits.start+goneIn)+lanetest.Slack())
			require.Empty(t, processesOf(t, s.base))
			began = time.Now()
			require.NoError(t, h.Stop(t.Context()))
			require.LessOrEqual(t, time.Since(began), closesIn+lanetest.Slack())
		})
	}
}

// killChildren ends what has left the plugins' groups.
func killChildren(t *testing.T, s *scene) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	for _, file := range files {
		if environ, err := os.ReadFile(file); err == nil && strings.Contains(string(environ), "="+s.cfg.RunDir+"/") {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			require.NoError(t, err)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

//go:build linux

package host

import (
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/lanetest"
)

// A plugin that is killed again and again leaves nothing in its host: no goroutine, no descriptor, no socket.
func TestCrashesLeaveNothing(t *testing.T) { //nolint:paralleltest // it counts what the whole process has
	crashes := 20
	if lanetest.Full() {
		crashes = 60
	}
	s := newScene(t, "plugin")
	s.limits.backoffFirst, s.limits.backoffMax, s.limits.alarmMax = time.Millisecond, time.Millisecond, time.Millisecond
	h := s.ready(t)
	die := func(starts int) {
		require.NoError(t, syscall.Kill(h.List()[0].PID, syscall.SIGKILL))
		await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == starts+1 })
	}
	for n := range 3 { // what is made once
		die(n + 1)
	}
	alive, goroutines, files := len(sockets(t, s.cfg.RunDir)), runtime.NumGoroutine(), len(descriptors(t, os.Getpid()))
	for n := range crashes {
		die(n + 4)
	}
	require.Eventually(t, func() bool {
		return runtime.NumGoroutine() <= goroutines+5 && len(descriptors(t, os.Getpid())) <= files+5 && len(sockets(t, s.cfg.RunDir)) == alive
	}, testLimit, 10*time.Millisecond, "goroutines %d, then %d; descriptors %d, then %d", goroutines, runtime.NumGoroutine(),
		files, len(descriptors(t, os.Getpid())))
	require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
}

//go:build linux

package host

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/lanetest"
)

// What a plugin prints, however much and however oddly, neither stops it nor floods the host.
func TestPrinting(t *testing.T) {
	t.Parallel()
	for what, want := range map[string]string{
		"print": "printed line 0", "stderr": "logged line 0", "long-line": strings.Repeat("l", 1000),
		"no-newline": strings.Repeat("n", 1000),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			h := s.ready(t)
			began := time.Now()
			require.Equal(t, Done, do(t, h, "e1", what).Result)
			took := time.Since(began)
			s.log.await(t, want)
			require.Equal(t, Done, do(t, h, "e2", "nothing").Result)
			require.NoError(t, h.Stop(t.Context()))
			lines := strings.Count(s.log.text(), `"msg":"printed line`) + strings.Count(s.log.text(), `"msg":"logged line`)
			require.LessOrEqual(t, lines, linesPerSec*(int(time.Since(began).Seconds())+2))
			if what == "print" || what == "stderr" {
				require.Contains(t, s.log.text(), "plugin prints too much, lines were dropped")
			}
			t.Logf("%s took %v", what, took)
		})
	}
}

func TestAnswersThatAreTooLarge(t *testing.T) {
	t.Parallel()
	h := noticeScene(t, "raw").ready(t)
	for _, what := range []string{"10", "64"} {
		require.Equal(t, "too-large", do(t, h, "e1", what).Code)
	}
	require.Equal(t, 1, h.List()[0].Starts)
}

// T42: neither a flood nor a plugin that never starts makes the host's log or memory grow.
func TestFlood(t *testing.T) {
	t.Parallel()
	size := 64
	if lanetest.Full() {
		size = 1024
	}
	s := newScene(t, "plugin")
	s.set("fulfil", func(p *config.Plugin) { p.Config = map[string]any{"flood": size}; p.Limits = config.Limits{} })
	s.manifest(t, "fulfil", strings.Replace(goodManifest, "payment.succeeded", "test", 1)+"executables: {"+platform()+": bin/plugin}\nlimits: {timeout: 2m}\n")
	h := s.ready(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	require.Equal(t, Done, do(t, h, "e1", "flood").Result)
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	written := len(s.log.text())
	// A record's frame may be as long again as its line.
	require.Less(t, float64(written), 3*bytesPerMin*(1+took.Minutes()))
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(64<<20)+int64(written)*4)
	t.Logf("%d MiB in %v, %d KiB of them logged", size, took, written>>10)
}

func TestPluginThatNeverStarts(t *testing.T) {
	t.Parallel()
	starts := 30
	if lanetest.Full() {
		starts = 100
	}
	s := newScene(t, "exit")
	s.limits.backoffFirst, s.limits.backoffMax, s.limits.alarmMax = time.Millisecond, time.Millisecond, time.Millisecond
	h := s.start(t)
	i := await(t, h, func(i Info) bool { return i.Starts >= starts && i.State == Backoff })
	require.True(t, i.Alarm)
	require.Len(t, i.Crashes, crashesKept)
	require.Equal(t, 1, strings.Count(s.log.text(), "ALARM: a plugin keeps ending"))
	require.Empty(t, sockets(t, s.cfg.RunDir))
	require.NoError(t, h.Stop(t.Context()))
}

// T44: hosts that come and go leave nothing behind, two at a time in one folder.
func TestHostsComeAndGo(t *testing.T) {
	t.Parallel()
	rounds := 10
	if lanetest.Full() {
		rounds = 200
	}
	s := newScene(t, "plugin")
	other := *s
	for range rounds {
		first, second := s.ready(t), other.ready(t)
		require.NotEqual(t, first.around.dir.path, second.around.dir.path)
		require.Equal(t, Done, do(t, first, "e1", "nothing").Result)
		require.NoError(t, first.Stop(t.Context()))
		require.Equal(t, Done, do(t, second, "e1", "nothing").Result)
		require.NoError(t, second.Stop(t.Context()))
		left, err := os.ReadDir(s.cfg.RunDir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
	require.Empty(t, processesOf(t, s.base))
}

// T40: what a plugin inherits.
func TestPluginInheritsNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	// A descriptor that the host forgot to close for its children.
	secret := filepath.Join(s.base, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
	leaked, err := syscall.Open(secret, syscall.O_RDONLY, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, syscall.Close(leaked)) }()
	seen, err := exec.CommandContext(t.Context(), "readlink", fmt.Sprintf("/proc/self/fd/%d", leaked)).Output()
	if err == nil { // unless the host of another test was faster
		require.Equal(t, secret, strings.TrimSpace(string(seen)), "any other child has it")
	}
	h := s.ready(t)
	pid := h.List()[0].PID
	group, err := syscall.Getpgid(pid)
	require.NoError(t, err)
	require.Equal(t, pid, group, "Ctrl-C in the host's terminal does not reach it")

	mine := map[string]bool{}
	for _, target := range descriptors(t, os.Getpid()) {
		mine[target] = true
	}
	for fd, target := range descriptors(t, pid) {
		if fd > 2 && target != os.DevNull && !strings.HasPrefix(target, "anon_inode:") && !strings.HasPrefix(target, "/sys/fs/cgroup") {
			require.False(t, mine[target], "%d is the host's %s", fd, target)
		}
	}
}

func descriptors(t *testing.T, pid int) map[int]string {
	t.Helper()
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	require.NoError(t, err)
	found := map[int]string{}
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil {
			continue // closed meanwhile
		}
		fd, err := strconv.Atoi(filepath.Base(link))
		require.NoError(t, err)
		found[fd] = target
	}
	return found
}

func TestFilesOfARunningPlugin(t *testing.T) {
	t.Parallel()
	t.Run("SocketDeleted", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		h := s.ready(t)
		for _, each := range sockets(t, s.cfg.RunDir) {
			require.NoError(t, os.Remove(each))
		}
		require.Equal(t, Done, do(t, h, "e1", "nothing").Result) // the connection that is there goes on
		require.NoError(t, working(h).conn.Close())
		require.Equal(t, "unreachable", do(t, h, "e1", "nothing").Code) // and a new one cannot be made
		await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2 })
		require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
	})
	t.Run("SocketsOfTheDeadAreRemoved", func(t *testing.T) {
		t.Parallel()
		s := newScene(t, "plugin")
		h := s.ready(t)
		alive := len(sockets(t, s.cfg.RunDir))
		require.Positive(t, alive)
		for n := range 3 {
			require.NoError(t, syscall.Kill(h.List()[0].PID, syscall.SIGKILL))
			await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2+n })
		}
		require.Len(t, sockets(t, s.cfg.RunDir), alive)
	})
	for name, write := range map[string]func(file string) error{
		"BinaryOverwritten": func(file string) error { return os.WriteFile(file, []byte("#!/bin/sh\nexit 9\n"), 0o755) },
		"BinaryReplaced": func(file string) error {
			if err := os.WriteFile(file+".new", []byte("#!/bin/sh\nexit 9\n"), 0o755); err != nil {
				return err
			}
			return os.Rename(file+".new", file)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			file := filepath.Join(s.folder("fulfil"), "bin", "plugin")
			copied, err := os.ReadFile(testBinary)
			require.NoError(t, err)
			require.NoError(t, os.Remove(file)) // the test's binary is shared by a hard link
			require.NoError(t, os.WriteFile(file, copied, 0o755))
			h := s.ready(t)
			pid := h.List()[0].PID
			require.NoError(t, write(file)) // no "text file busy": a copy runs
			require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
			require.Equal(t, pid, h.List()[0].PID)
			require.Equal(t, Crashed, do(t, h, "e2", "exit").Result)
			await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2 }) // the verified copy starts again
		})
	}
}

// An innocent event in flight beside a handler that panics is not touched.
func TestPanicLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h := s.ready(t)
	innocent := make(chan Outcome, 1)
	go func() { innocent <- h.Deliver(context.Background(), "fulfil", event("e1", "finish")) }()
	s.log.await(t, "entered")
	require.Equal(t, "panic", do(t, h, "e2", "panic").Code)
	require.Equal(t, Done, (<-innocent).Result)
}

//go:build linux

package host

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

func TestLeakIsReplaced(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.limits.memoryEvery = 50 * time.Millisecond
	s.set("fulfil", func(p *config.Plugin) { p.Limits.Memory = "64MiB" })
	h := s.ready(t)
	i := await(t, h, func(Info) bool { return s.memoryOf(h) > 0 })
	require.Equal(t, int64(64<<20), i.MemoryLimit)
	require.Zero(t, i.Swaps)
	require.Equal(t, Done, do(t, h, "e1", "leak").Result)
	after := await(t, h, func(i Info) bool { return i.Swaps == 1 && i.Draining == 0 })
	require.Equal(t, "memory", after.LastSwap.Reason)
	require.NotEqual(t, i.PID, after.PID)
	require.Equal(t, Ready, after.State)
	s.log.await(t, "uses more memory than it may")
	require.True(t, gone(i.PID))
	require.Equal(t, Done, do(t, h, "e2", "nothing").Result)
}

func (s *scene) memoryOf(h *Host) int64 {
	for _, i := range h.List() {
		if i.Memory > 0 {
			return i.Memory
		}
	}
	used, _ := residentMemory(h.List()[0].PID)
	return used
}

func TestKernelEndsWhatEatsAllMemory(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.limits.dataMin = 0
	s.set("fulfil", func(p *config.Plugin) { p.Limits.Memory = "64MiB" })
	h := s.ready(t)
	out := do(t, h, "e1", "eat")
	require.Equal(t, Crashed, out.Result)
	i := await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2 })
	require.Contains(t, i.LastError, "out of memory")
	require.Equal(t, Done, do(t, h, "e2", "nothing").Result)
}

func TestKernelLimits(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h := s.ready(t)
	text, err := os.ReadFile("/proc/" + strconv.Itoa(h.List()[0].PID) + "/limits")
	require.NoError(t, err)
	limits := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if name, rest, ok := strings.Cut(line, "  "); ok {
			limits[name] = strings.Fields(rest)[:2]
		}
	}
	require.Equal(t, []string{"0", "0"}, limits["Max core file size"])
	require.Equal(t, []string{strconv.Itoa(filesMax), strconv.Itoa(filesMax)}, limits["Max open files"])
	require.Equal(t, []string{"1073741824", "1073741824"}, limits["Max data size"])
}

func TestMemoryMayOnlyBeLowered(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.set("fulfil", func(p *config.Plugin) { p.Limits.Memory = "1GiB" })
	_, err := New(s.cfg, Options{})
	require.ErrorContains(t, err, "plugins.enabled.fulfil.limits.memory: 1GiB: may only lower the manifest's 256MiB")
	s.set("fulfil", func(p *config.Plugin) { p.Limits.Memory = "lots" })
	_, err = New(s.cfg, Options{})
	require.ErrorContains(t, err, `"lots" is no amount of memory`)
	_, err = ParseManifest([]byte(goodManifest + "executables: {linux-amd64: x}\nlimits: {memory: 1MiB}\n"))
	require.ErrorContains(t, err, "limits.memory 1MiB: want 16MiB")
}

//go:build linux

package host

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/lanetest"
)

// helperHost is a host in a process of its own, to be killed.
type helperHost struct {
	cmd    *exec.Cmd
	stdout *bufio.Reader
}

func startHelperHost(t *testing.T, s *scene) helperHost {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), helperDirEnv+"="+s.base)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return helperHost{cmd: cmd, stdout: bufio.NewReader(stdout)}
}

// ready waits until its plugin runs, with two children, and gives their process ids.
func (h helperHost) ready(t *testing.T) (plugin, child, farChild int) {
	t.Helper()
	line, err := h.stdout.ReadString('\n')
	require.NoError(t, err)
	_, err = fmt.Sscan(line, &plugin, &child, &farChild)
	require.NoError(t, err)
	return plugin, child, farChild
}

func (h helperHost) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, h.cmd.Process.Kill())
	require.Error(t, h.cmd.Wait())
}

func TestHostKilled(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(t *testing.T, pid int){
		"Running": func(*testing.T, int) {},
		"Stopped": stop,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			host := startHelperHost(t, s)
			pid, child, farChild := host.ready(t)
			require.False(t, gone(pid))
			before(t, pid)
			host.kill(t)
			if name == "Running" || groupsBecomeOrphans() {
				requireGone(t, pid)
				requireGone(t, child)
			}
			require.False(t, gone(farChild), "a child that left the plugin's group is out of its reach")

			// The next host clears up what the killed one left.
			left, err := os.ReadDir(s.cfg.RunDir)
			require.NoError(t, err)
			require.Len(t, left, 1)
			s.ready(t) // its own folder is the only one at the end, and then none
			after, err := os.ReadDir(s.cfg.RunDir)
			require.NoError(t, err)
			require.Len(t, after, 1)
			require.NotEqual(t, left[0].Name(), after[0].Name())
			for _, each := range []int{pid, child, farChild} {
				requireGone(t, each)
			}
		})
	}
}

func TestHostKilledWithACanary(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.release(t, "fulfil", "1.5.0", "v1.5.0", allEvents)
	host := startHelperHost(t, s)
	line, err := host.stdout.ReadString('\n')
	require.NoError(t, err)
	var stable, child, farChild, canary int
	_, err = fmt.Sscan(line, &stable, &child, &farChild, &canary)
	require.NoError(t, err)
	require.False(t, gone(canary))
	host.kill(t)
	requireGone(t, stable)
	requireGone(t, canary)
	s.ready(t) // ends the child that is out of reach, and clears up
	requireGone(t, farChild)
}

// groupsBecomeOrphans tells whether a process whose parent dies gets one of another session: only then does the kernel
// continue a group that is stopped.
func groupsBecomeOrphans() bool {
	mine, err1 := unixSession(0)
	first, err2 := unixSession(1)
	return err1 == nil && err2 == nil && mine != first
}

func unixSession(pid int) (uintptr, error) {
	sid, _, errno := syscall.RawSyscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return sid, nil
}

// Twenty hosts in a row are killed while their plugin works, and ten somewhere in their start. None may leave a process
// behind, and after the last has gone in order no file is left either.
func TestHostKilledTwentyTimes(t *testing.T) {
	t.Parallel()
	lanetest.Storm(t)
	s := newScene(t, "plugin")
	_, random := lanetest.Seeded(t, "./plugins/host")
	for i := range 30 {
		host := startHelperHost(t, s)
		if i%3 != 0 {
			host.ready(t)
		} else {
			<-time.After(time.Duration(random.IntN(150)) * time.Millisecond) // somewhere in its start
		}
		host.kill(t)
		// A child that left the plugin's group stays until the next host.
		require.Eventually(t, func() bool { return len(processesOf(t, s.base, "testplugin", "plugin")) == 0 }, 2*time.Second+lanetest.Slack(), 5*time.Millisecond)
	}
	h := s.ready(t)
	require.Eventually(t, func() bool { return len(processesOf(t, s.base)) == 1 }, 2*time.Second+lanetest.Slack(), 5*time.Millisecond)
	entries, err := os.ReadDir(s.cfg.RunDir)
	require.NoError(t, err)
	folders := 0
	for _, e := range entries { // a host that was killed between two steps leaves an unnamed folder for an hour
		if !strings.HasPrefix(e.Name(), ".new") {
			folders++
		}
	}
	require.Equal(t, 1, folders)
	require.Len(t, sockets(t, s.cfg.RunDir), socketsOfOne(t, h))
	require.NoError(t, h.Stop(t.Context()))
	require.Empty(t, processesOf(t, s.base))
	require.Empty(t, sockets(t, s.cfg.RunDir))
	for _, e := range entries {
		require.NoError(t, os.RemoveAll(filepath.Join(s.cfg.RunDir, e.Name())))
	}
}

// processesOf finds the processes whose environment names the folder, of the given names if any.
func processesOf(t *testing.T, folder string, names ...string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	require.NoError(t, err)
	var found []string
	for _, file := range files {
		environ, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(environ), "="+filepath.Join(folder, "run")+"/") {
			continue
		}
		command, err := os.ReadFile(filepath.Join(filepath.Dir(file), "comm"))
		if err != nil {
			continue
		}
		name := strings.TrimSpace(string(command))
		if len(names) == 0 {
			found = append(found, name)
		}
		for _, wanted := range names {
			if name == wanted {
				found = append(found, name)
			}
		}
	}
	return found
}

// sockets lists the socket files below a folder.
func sockets(t *testing.T, folder string) []string {
	t.Helper()
	var found []string
	require.NoError(t, filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type() == fs.ModeSocket {
			found = append(found, path)
		}
		return err
	}))
	return found
}

// socketsOfOne is how many sockets the plugin that runs has.
func socketsOfOne(t *testing.T, h *Host) int {
	t.Helper()
	return len(sockets(t, h.around.dir.path))
}

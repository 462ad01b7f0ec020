//go:build linux

package e2e

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hostProcess is one run of a host.
type hostProcess struct {
	t      *testing.T
	cmd    *exec.Cmd
	hold   io.Closer // the host lives no longer than this end of its standard input
	output *output
	ended  chan struct{}
	status error // valid after ended
}

// startProcess starts a host.
func startProcess(t *testing.T, program string, settings hostSettings, environment ...string) *hostProcess {
	t.Helper()
	text, err := json.Marshal(settings)
	require.NoError(t, err)
	p := &hostProcess{t: t, cmd: exec.Command(program), output: newOutput(), ended: make(chan struct{})}
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), hostEnv + "=" + string(text)}, environment...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.WaitDelay = 5 * time.Second // a child of it that keeps the output open must not keep us
	p.hold, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	go func() {
		p.status = p.cmd.Wait()
		close(p.ended)
	}()
	return p
}

// serves waits until the port is open; false when the process ended before.
func (p *hostProcess) serves() bool { return p.output.await(hostServes, p.ended) }

// kill ends the host as a power cut would, with SIGKILL.
func (p *hostProcess) kill() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGKILL))
	p.awaitEnd()
}

// stop ends the host as a service manager would, and expects that it ends in order.
func (p *hostProcess) stop() {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	p.awaitEnd()
	require.NoError(p.t, p.status, "the host's end:\n%s", p.output)
}

func (p *hostProcess) awaitEnd() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(limit):
		_ = p.cmd.Process.Kill()
		require.FailNow(p.t, "the host does not end", "%s", p.output)
	}
	_ = p.hold.Close()
}

func (p *hostProcess) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

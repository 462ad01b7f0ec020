package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin/runner"
)

// processRunner runs one process for go-plugin, in place of its own runner: with a life line on standard input, a
// group that is killed as a whole, a standard output from which only the handshake reaches go-plugin, and streams that
// end with the process even when a grandchild holds them.
type processRunner struct {
	cmd      *exec.Cmd // set by prepare
	tmpDir   string    // go-plugin's folder for the sockets of this process
	launcher *launcher
	out      *output
	owner    *owner // nil for the host's user
	data     int64  // bytes that the kernel lets it reserve

	handshakeR *io.PipeReader // what go-plugin reads as standard output
	handshakeW *io.PipeWriter
	stderrR    *io.PipeReader // ends with the process; the lines themselves go to out
	stderrW    *io.PipeWriter

	exited chan struct{} // closed when the process is gone and everything it printed was taken
	err    error         // why it ended; read after exited

	mu       sync.Mutex
	started  bool
	killed   bool // by us
	reaped   bool
	lifeline *os.File
}

var _ runner.Runner = (*processRunner)(nil)

// streamGrace is how long the streams of an ended process may stay open, when somebody outside its group holds them.
const streamGrace = 500 * time.Millisecond

var (
	errKilledBeforeStart = errors.New("stopped before it was started")
	errReapPanicked      = errors.New("the host panicked while it waited for the process")
)

func newProcessRunner(l *launcher, out *output) *processRunner {
	r := &processRunner{launcher: l, out: out, exited: make(chan struct{})}
	r.handshakeR, r.handshakeW = io.Pipe()
	r.stderrR, r.stderrW = io.Pipe()
	return r
}

// Start starts the process.
func (r *processRunner) Start(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.killed {
		return errKilledBeforeStart
	}
	stdin, lifeline, err1 := os.Pipe()
	stdout, stdoutW, err2 := os.Pipe()
	stderr, stderrW, err3 := os.Pipe()
	if err := errors.Join(err1, err2, err3); err != nil {
		closeAll([]*os.File{stdin, lifeline, stdout, stdoutW, stderr, stderrW}) // those not made are nil, which is harmless
		return fmt.Errorf("make pipes: %w", err)
	}
	r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = stdin, stdoutW, stderrW
	r.cmd.SysProcAttr = processAttributes()
	if r.owner != nil {
		r.owner.attributes(r.cmd.SysProcAttr)
	}
	err := r.launcher.start(r.cmd)
	closeAll([]*os.File{stdin, stdoutW, stderrW})
	if err != nil {
		closeAll([]*os.File{lifeline, stdout, stderr})
		return err
	}
	r.started, r.lifeline = true, lifeline
	if err := limitProcess(r.cmd.Process.Pid, r.data); err != nil {
		r.out.logger.Warn("plugin runs without the kernel's limits", "error", err)
	}

	var pumps sync.WaitGroup
	pumps.Go(func() { r.guard("reading standard output", func() { r.pumpStdout(stdout) }) })
	pumps.Go(func() { r.guard("reading standard error", func() { pump(stderr, r.out.line) }) })
	go r.awaitEnd(&pumps, stdout, stderr)
	return nil
}

// guard runs f; a panic ends the process, and the supervisor starts another.
func (r *processRunner) guard(what string, f func()) {
	err := safely(r.out.logger, what, func() error {
		f()
		return nil
	})
	if err != nil {
		r.kill()
	}
}

// awaitEnd waits for the process and says that it is gone, whatever happens meanwhile.
func (r *processRunner) awaitEnd(pumps *sync.WaitGroup, streams ...*os.File) {
	defer close(r.exited)
	r.err = errReapPanicked
	r.guard("waiting for a process", func() { r.err = r.reap(pumps, streams) })
}

// handshakeMax is far more than a handshake has, with its certificate, and less than go-plugin reads as one line: after a
// longer one it reads no more, and whoever writes to it waits for ever.
const handshakeMax = 16 << 10

// pumpStdout lets the first line that looks like a handshake through to go-plugin; everything else is the plugin's
// chatter and is logged.
func (r *processRunner) pumpStdout(stdout io.Reader) {
	defer func() { _ = r.handshakeW.Close() }()
	handshake := regexp.MustCompile(`^\d+\|\d+\|(unix|tcp)\|`)
	seen := false
	pump(stdout, func(line []byte) {
		if !seen && len(line) <= handshakeMax && handshake.Match(line) {
			seen = true
			_, _ = fmt.Fprintf(r.handshakeW, "%s\n", line)
			return
		}
		r.out.line(line)
	})
}

// reap waits for the process to end, ends what it left of its group, and then its streams.
func (r *processRunner) reap(pumps *sync.WaitGroup, streams []*os.File) error {
	err := r.cmd.Wait()
	killGroup(r.cmd.Process) // children; the group's number cannot have been taken meanwhile if any is left
	r.mu.Lock()
	r.reaped = true
	_ = r.lifeline.Close()
	r.mu.Unlock()
	grace := time.AfterFunc(streamGrace, func() { closeAll(streams) })
	pumps.Wait()
	grace.Stop()
	closeAll(streams)
	_ = r.stderrW.Close()
	return err
}

// kill ends the process and its children at once, also a stopped one, and keeps it from starting.
func (r *processRunner) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reaped {
		return
	}
	r.killed = true
	if r.started {
		killGroup(r.cmd.Process)
	}
}

func (r *processRunner) wasKilled() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.killed
}

// Wait waits until the process is gone.
func (r *processRunner) Wait(context.Context) error {
	<-r.exited
	return r.err
}

// Kill ends the process.
func (r *processRunner) Kill(context.Context) error {
	r.kill()
	return nil
}

// Stdout is what go-plugin reads the handshake from.
func (r *processRunner) Stdout() io.ReadCloser { return r.handshakeR }

// Stderr is empty for go-plugin and ends with the process.
func (r *processRunner) Stderr() io.ReadCloser { return r.stderrR }

// Name is the executable's path.
func (r *processRunner) Name() string { return r.cmd.Path }

// Diagnose adds nothing: the supervisor tells what the plugin printed and how it ended.
func (r *processRunner) Diagnose(context.Context) string { return "" }

// ID is the process id; empty before the start.
func (r *processRunner) ID() string {
	if pid := r.pid(); pid != 0 {
		return strconv.Itoa(pid)
	}
	return ""
}

func (r *processRunner) pid() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.started {
		return 0
	}
	return r.cmd.Process.Pid
}

// PluginToHost refuses an address outside the folder made for this process.
func (r *processRunner) PluginToHost(network, addr string) (string, string, error) {
	if network == "unix" && filepath.Dir(addr) != r.tmpDir {
		return "", "", fmt.Errorf("the plugin listens at %q, outside its own folder", addr)
	}
	return network, addr, nil
}

// HostToPlugin changes nothing: both are on one machine.
func (r *processRunner) HostToPlugin(network, addr string) (string, string, error) {
	return network, addr, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

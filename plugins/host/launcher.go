package host

import (
	"log/slog"
	"os/exec"
	"runtime"
)

// launcher starts every process from one goroutine that keeps its thread: on Linux a plugin is killed when the thread
// that started it ends (Pdeathsig), and Go ends other threads as it likes.
type launcher struct {
	logger   *slog.Logger
	commands chan launch
	done     chan struct{}
}

type launch struct {
	cmd *exec.Cmd
	err chan error
}

func newLauncher(logger *slog.Logger) *launcher {
	l := &launcher{logger: logger, commands: make(chan launch), done: make(chan struct{})}
	go l.run()
	return l
}

func (l *launcher) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(l.done)
	for c := range l.commands {
		c.err <- safely(l.logger, "starting a process", func() error { return c.cmd.Start() })
	}
}

func (l *launcher) start(cmd *exec.Cmd) error {
	c := launch{cmd: cmd, err: make(chan error, 1)}
	l.commands <- c
	return <-c.err
}

// stop is called when every process is gone.
func (l *launcher) stop() {
	close(l.commands)
	<-l.done
}

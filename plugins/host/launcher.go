package host

import (
	"errors"
	"log/slog"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// launcher starts every process from one goroutine that keeps its thread: on Linux a plugin takes its host for dead when the thread
// that started it ends (Pdeathsig), and Go ends other threads as it likes.
type launcher struct {
	logger   *slog.Logger
	commands chan launch
	done     chan struct{}
}

// How long a start waits for a busy file, in steps.
const (
	busyTries = 50
	busyWait  = 10 * time.Millisecond
)

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
		c.err <- safely(l.logger, "starting a process", func() error { return execute(c.cmd) })
	}
}

// execute starts a program that was written a moment ago: a process that somebody else is forking meanwhile can hold a
// copy of the descriptor it was written through, which keeps it from running until that process has become another.
func execute(cmd *exec.Cmd) error {
	closeOnExec()
	for try := 1; ; try++ {
		fresh := *cmd // a command starts once, and remembers that it failed
		err := fresh.Start()
		if !errors.Is(err, syscall.ETXTBSY) || try == busyTries {
			*cmd = fresh
			return err
		}
		time.Sleep(busyWait)
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

package host

import (
	"context"
	"log/slog"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// panicking is a handler of the host's that panics over one message, so many times.
type panicking struct {
	slog.Handler
	message string
	left    *atomic.Int32
}

func panicsOver(inner slog.Handler, message string, times int32) panicking {
	p := panicking{Handler: inner, message: message, left: new(atomic.Int32)}
	p.left.Store(times)
	return p
}

func (p panicking) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == p.message && p.left.Add(-1) >= 0 {
		panic("handler broke over " + canary)
	}
	return p.Handler.Handle(ctx, r)
}

func (p panicking) WithAttrs(attrs []slog.Attr) slog.Handler {
	p.Handler = p.Handler.WithAttrs(attrs)
	return p
}

func TestSupervisorSurvivesPanics(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{
		"WhileTheProcessRuns": "plugin is ready", "BetweenTwoProcesses": "plugin ended, it will be started again",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "plugin")
			s.log.Handler = panicsOver(s.log.Handler, message, 1)
			h := s.start(t)
			h.OnChange(func() { panic("listener broke over " + canary) })
			if name == "BetweenTwoProcesses" {
				await(t, h, func(i Info) bool { return i.State == Ready })
				require.Equal(t, Crashed, do(t, h, "e1", "exit").Result)
			}
			i := await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2 })
			require.Contains(t, i.LastError, "the plugin's supervisor panicked with a string; the stack is in the log")
			require.Equal(t, Done, do(t, h, "e2", "nothing").Result)
			require.Contains(t, s.log.await(t, "panic in the plugin host")["stack"], "supervisor.go")
		})
	}
}

func TestLinesThatCannotBeLoggedAreDropped(t *testing.T) {
	t.Parallel()
	book := newLogBook()
	out := newOutput(slog.New(panicsOver(book, "bad", 2)), newCleaner(nil), newLogBudget())
	out.line([]byte("bad"))
	out.line([]byte("good"))
	book.await(t, "good")
	require.Equal(t, []string{"bad", "good"}, lastLines(out))

	// A logger that panics over everything, also over the panic.
	out = newOutput(slog.New(panicsOver(panicsOver(book, "panic in the plugin host", 9), "bad", 9)), newCleaner(nil), newLogBudget())
	require.NotPanics(t, func() { out.line([]byte("bad")) })
}

func TestLauncherSurvivesAPanic(t *testing.T) {
	t.Parallel()
	book := newLogBook()
	l := newLauncher(slog.New(book))
	require.ErrorContains(t, l.start(nil), "starting a process panicked")
	require.ErrorContains(t, l.start(&exec.Cmd{Path: "/nowhere"}), "no such file")
	l.stop()
	book.await(t, "panic in the plugin host")
}

func TestProcessIsGoneAfterAPanic(t *testing.T) {
	t.Parallel()
	r := newProcessRunner(nil, newOutput(slog.New(slog.DiscardHandler), newCleaner(nil), newLogBudget()))
	r.cmd = &exec.Cmd{} // was never started: to end its group panics
	var pumps sync.WaitGroup
	r.awaitEnd(&pumps)
	require.ErrorIs(t, r.Wait(t.Context()), errReapPanicked)

	r.guard("reading", func() { panic(canary) })
	require.True(t, r.wasKilled())
}

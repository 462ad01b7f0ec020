package plugintest

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"wgink.ink/wechat/plugins/host"
)

// stopLimit bounds the handler's end.
const stopLimit = 10 * time.Second

// Outcome is what became of an event.
type Outcome = host.Outcome

// The results of an Outcome.
const (
	Done     = host.Done     // the handler returned nil
	Retry    = host.Retry    // it returned an error, panicked, or ran out of time; Outcome.Code says which
	Reject   = host.Reject   // it returned sdk.Reject, or cannot take the event
	NotReady = host.NotReady // it did not get the event
	Crashed  = host.Crashed  // its process ended; only with Process
)

// Harness hands events to one handler.
type Harness struct {
	t       testing.TB
	set     settings
	deliver func(ctx context.Context, ev host.Event) Outcome
	handles func(eventType string) bool // nil with Process
}

// New starts a handler as sdk.Serve would, in this process, and stops it when the test ends. It fails the test when the
// handler has no method for events, does not take its configuration, or does not start.
func New(t testing.TB, handler any, opts ...Option) *Harness {
	t.Helper()
	set := newSettings(t, opts)
	granted := set.granted
	if granted == nil {
		granted = host.Permissions()
	}
	local, err := host.NewInProcess("plugintest", handler, host.InProcessOptions{
		Logger: testLogger(t), Services: set.fake.services(), Granted: granted, Config: set.config,
		Secrets: set.secrets, WorkDir: t.TempDir(), Timeout: set.timeout, Concurrency: set.concurrency,
	})
	if err != nil {
		t.Fatalf("plugintest: %v", err)
	}
	if err := local.Start(t.Context()); err != nil {
		t.Fatalf("plugintest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		if err := local.Stop(ctx); err != nil {
			t.Errorf("plugintest: %v", err)
		}
	})
	return &Harness{t: t, set: set, deliver: local.Deliver, handles: local.Handles}
}

// testLogger writes to the test's output until the test ends: a handler that does not end in time must not write to a
// test that is over.
func testLogger(t testing.TB) *slog.Logger {
	t.Helper()
	out := &testOutput{to: t.Output()}
	t.Cleanup(func() {
		out.mu.Lock()
		defer out.mu.Unlock()
		out.to = io.Discard
	})
	return slog.New(slog.NewTextHandler(out, nil))
}

type testOutput struct {
	mu sync.Mutex
	to io.Writer
}

// Write implements io.Writer.
func (o *testOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.to.Write(p)
}

package host

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"wgink.ink/wechat/plugins/sdk"
)

// noMoreTokens keeps a rate from giving what time would.
func noMoreTokens(r *rate) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = time.Now().Add(time.Hour)
}

// A plugin that asks in a loop for what it may not have does not fill the log, and what it is refused hides nothing of what
// it has done.
func TestCallsInVainAreThinnedOut(t *testing.T) {
	t.Parallel()
	book := newLogBook()
	a := &asker{call: func(ctx context.Context, h *sdk.Host) error {
		for range 50 {
			_, err := h.User(ctx, "openid-1")
			if err == nil || h.CloseOrder(ctx, "ORDER-1") != nil {
				return err
			}
		}
		return nil
	}}
	i := inProcess(t, a, InProcessOptions{
		Logger: slog.New(book), Granted: []string{"orders.close"},
		Services: Services{CloseOrder: func(context.Context, string) error { return nil }},
	})
	noMoreTokens(i.allowed.vain.rate)
	require.Equal(t, Done, i.Deliver(t.Context(), payment("e1")).Result)
	require.NoError(t, a.got)
	logged := func(call string) int { return strings.Count(book.text(), `"call":"`+call+`"`) }
	require.Equal(t, vainAtOnce, logged("GetUser"))
	require.Equal(t, 50, logged("CloseOrder"))

	i.allowed.vain.rate.tokens = 1
	require.Equal(t, Done, i.Deliver(t.Context(), payment("e2")).Result)
	require.Contains(t, book.text(), `"left_out":30`)
	require.NoError(t, i.Stop(t.Context()))
	require.EqualValues(t, 49, book.await(t, "records were left out")["left_out"])
}

// What was not done is no audit: a loop in the shadow does not fill the log either.
func TestCallsInTheShadowAreThinnedOut(t *testing.T) {
	t.Parallel()
	book := newLogBook()
	allowed := newAllowance(time.Now())
	noMoreTokens(allowed.vain.rate)
	g := &guard{
		granted: Permissions(), timeout: testLimit, allowed: allowed, events: newUnderWay(), logger: slog.New(book), shadow: &notes{},
	}
	for range 50 {
		_, err := g.intercept(t.Context(), closeRequest("e1"), &grpc.UnaryServerInfo{FullMethod: closeCall().Method}, nil)
		require.NoError(t, err)
	}
	require.Equal(t, vainAtOnce, strings.Count(book.text(), "CloseOrder"))
}

// A plugin that ends itself does not get more room in the log with each process.
func TestLogIsLimitedOverAllProcessesOfAPlugin(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h := s.ready(t)
	used := h.roster()["fulfil"].allowed.log
	now := time.Now()
	used.mu.Lock()
	used.now, used.window, used.bytes = func() time.Time { return now }, now, 0
	used.mu.Unlock()
	require.Equal(t, Done, do(t, h, "e1", "log").Result)
	require.NoError(t, h.Reload(t.Context(), "fulfil"))
	require.Equal(t, Done, do(t, h, "e2", "log").Result)
	require.NoError(t, h.Stop(t.Context()))
	require.NotContains(t, s.log.text(), "bell")
	s.log.await(t, "lines were dropped")
}

// What go-plugin says about a plugin counts with what the plugin says.
func TestRecordsOfTheLibraryAreLimited(t *testing.T) {
	t.Parallel()
	book := newLogBook()
	budget := newLogBudget()
	now := time.Now()
	budget.now = func() time.Time { return now }
	library := libraryLogger(newOutput(slog.New(book), newCleaner(nil), budget))
	for range linesPerSec {
		library.Warn("unknown channel, dropping", "channel", strings.Repeat("\x01", 1000))
	}
	require.Less(t, len(book.text()), bytesPerMin*2)
	require.Contains(t, book.text(), "unknown channel")
	now = now.Add(time.Second)
	library.Debug("it goes on")
	book.await(t, "lines were dropped")

	quiet := newLogBudget()
	library = libraryLogger(newOutput(slog.New(slog.NewTextHandler(book.shared, nil)), newCleaner(nil), quiet))
	library.Warn("unknown channel, dropping")
	require.Equal(t, bytesPerMin, quiet.bytes, "what is not logged costs nothing")
}

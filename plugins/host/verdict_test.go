package host

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"wgink.ink/wechat/plugins/pluginv1"
)

// Rows of the table that real plugins are not made to produce elsewhere.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	p := &process{
		plan: &plan{timeout: 10 * time.Second}, limits: defaultTiming(),
		runner: newProcessRunner(nil, newOutput(slog.New(slog.DiscardHandler), newCleaner(map[string]string{"T": canary}), newLogBudget())),
	}
	for name, out := range map[string]*pluginv1.Outcome{"nil": nil, "empty": {}} {
		require.Equal(t, Retry, verdict(out, p.clean).Result, name)
		require.Equal(t, "empty", verdict(out, p.clean).Code, name)
	}
	negative := &pluginv1.Outcome{Result: &pluginv1.Outcome_Retry{Retry: &pluginv1.Retry{After: durationpb.New(-time.Hour)}}}
	require.Zero(t, verdict(negative, p.clean).After)

	for code, want := range map[codes.Code]Outcome{
		codes.InvalidArgument:    {Result: Reject, Code: "invalid"},
		codes.ResourceExhausted:  {Result: Reject, Code: "too-large"},
		codes.Unimplemented:      {Result: Reject, Code: "unimplemented"},
		codes.DeadlineExceeded:   {Result: Retry, After: 20 * time.Second, Code: "deadline"},
		codes.FailedPrecondition: {Result: NotReady, After: time.Second, Code: "busy"},
		codes.Internal:           {Result: Retry, Code: "panic"},
		codes.Unknown:            {Result: Retry, Code: "error"},
		codes.DataLoss:           {Result: Retry, Code: "error"},
	} {
		want.Message = "says ***"
		if want.Code == "deadline" {
			want.Message = "no verdict within 10s"
		}
		require.Equal(t, want, p.failure(t.Context(), status.Error(code, "says "+canary)), code)
	}
}

func TestUnreachableProcessThatLivesIsReplaced(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h := s.ready(t)
	supervised := h.roster()["fulfil"]
	supervised.mu.Lock()
	p := supervised.process
	supervised.mu.Unlock()
	require.NoError(t, p.conn.Close()) // as when the connection broke and the socket is gone
	out := do(t, h, "e1", "nothing")
	require.Equal(t, NotReady, out.Result)
	require.Equal(t, "unreachable", out.Code)
	i := await(t, h, func(i Info) bool { return i.State == Ready && i.Starts == 2 })
	require.Contains(t, i.LastError, "connection to the process ended")
	require.Equal(t, Done, do(t, h, "e1", "nothing").Result)
}

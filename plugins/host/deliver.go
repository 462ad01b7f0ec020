package host

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"wgink.ink/wechat/plugins/pluginv1"
)

const (
	// busyAfter is the wait when a plugin says that it is full.
	busyAfter = time.Second
	// verdictWait is how long a broken connection may take to turn out as the end of the process; 3 ms are usual.
	verdictWait = time.Second
)

// Deliver hands one event to one plugin and waits for its verdict, within the plugin's time limit. It never waits for
// a plugin to become ready; only while a canary is tried does it wait for one of the stable version's slots. When ctx is cancelled the result is NotReady, although the plugin may still finish.
func (h *Host) Deliver(ctx context.Context, plugin string, ev Event) Outcome {
	s := h.roster()[plugin]
	if s == nil {
		return Outcome{Result: NotReady, Code: "unknown-plugin", Message: "no plugin of that id is enabled"}
	}
	t := s.trying()
	if t != nil && !s.has(ev.ID) {
		if out, final := t.deliver(ctx, ev); final {
			return out
		}
	}
	if busy := s.held(ev.ID); busy != nil {
		return *busy
	}
	if t == nil {
		return s.deliver(ctx, ev)
	}
	p, refusal := s.acquireInTurn(ctx, ev.ID)
	if refusal != nil {
		return *refusal
	}
	out := s.handOver(ctx, p, ev)
	t.compare(ev, out)
	return out
}

// deliver hands one event to the process that works.
func (s *supervisor) deliver(ctx context.Context, ev Event) Outcome {
	p, refusal := s.acquire(ev.ID)
	if refusal != nil {
		return *refusal
	}
	return s.handOver(ctx, p, ev)
}

// handOver makes the call and gives the slot back.
func (s *supervisor) handOver(ctx context.Context, p *process, ev Event) Outcome {
	out := Outcome{Result: Retry, Code: "panic", Message: "the host failed during the call"}
	defer func() { s.release(p, ev.ID, out) }()
	out = p.call(ctx, ev)
	out.Version = p.plan.version
	return out
}

// call makes the call.
func (p *process) call(ctx context.Context, ev Event) Outcome {
	call, err := newRequest(ev, p.takes)
	if err != nil {
		return Outcome{Result: Reject, Code: "payload", Message: err.Error()}
	}
	end := time.Now().Add(p.plan.timeout)
	defer p.events.enter(ev.ID, end)()
	limited, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	answer, err := call(limited, p.conn)
	if err != nil {
		return p.failure(ctx, err)
	}
	return verdict(answer, p.clean)
}

// verdict reads what the handler decided. clean makes its words fit for a log.
func verdict(out *pluginv1.Outcome, clean func(string) string) Outcome {
	switch r := out.GetResult().(type) {
	case *pluginv1.Outcome_Done:
		return Outcome{Result: Done}
	case *pluginv1.Outcome_Reject:
		return Outcome{Result: Reject, Code: "handler", Message: clean(r.Reject.GetReason())}
	case *pluginv1.Outcome_Retry:
		return Outcome{
			Result: Retry, After: max(r.Retry.GetAfter().AsDuration(), 0), Code: "handler",
			Message: clean(r.Retry.GetMessage()),
		}
	default:
		return Outcome{Result: Retry, Code: "empty", Message: "the plugin's verdict is empty or of a newer kind"}
	}
}

// failure turns a gRPC error into a result. Only what the event itself caused counts against it.
func (p *process) failure(ctx context.Context, err error) Outcome {
	code := status.Code(err)
	if code == codes.Unavailable || code == codes.Canceled && ctx.Err() == nil {
		return p.broken()
	}
	if code == codes.DeadlineExceeded {
		p.setOverdue()
	}
	return failure(err, p.plan.timeout, p.clean)
}

// failure is what a gRPC error means while the connection stands.
func failure(err error, timeout time.Duration, clean func(string) string) Outcome {
	st := status.Convert(err)
	message := clean(st.Message())
	switch st.Code() {
	case codes.ResourceExhausted:
		return Outcome{Result: Reject, Code: "too-large", Message: message}
	case codes.InvalidArgument:
		return Outcome{Result: Reject, Code: "invalid", Message: message}
	case codes.Unimplemented:
		return Outcome{Result: Reject, Code: "unimplemented", Message: message}
	case codes.DeadlineExceeded: // the handler may still run; the plugin refuses the event while it does
		return Outcome{Result: Retry, After: 2 * timeout, Code: "deadline", Message: fmt.Sprintf("no verdict within %v", timeout)}
	case codes.FailedPrecondition:
		return Outcome{Result: NotReady, After: busyAfter, Code: "busy", Message: message}
	case codes.Internal:
		return Outcome{Result: Retry, Code: "panic", Message: message}
	case codes.Canceled:
		return Outcome{Result: NotReady, Code: "cancelled", Message: "the caller gave up"}
	default:
		return Outcome{Result: Retry, Code: "error", Message: message}
	}
}

// broken finds out why the connection ended during a call.
func (p *process) broken() Outcome {
	ended := p.awaitExit(verdictWait)
	switch {
	case p.stopping.Load():
		return Outcome{Result: NotReady, Code: "stopping", Message: "the host stopped the plugin during the call"}
	case ended:
		return Outcome{Result: Crashed, Code: "crashed", Message: "the plugin's process ended during the call: " +
			p.runner.cmd.ProcessState.String()}
	default:
		p.setUnreachable()
		return Outcome{Result: NotReady, Code: "unreachable", Message: "the connection to the plugin ended"}
	}
}

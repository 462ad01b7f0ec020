package sdk

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"wgink.ink/wechat/plugins/pluginv1"
)

var errNoShadow = errors.New("the plugin does not declare that it honours Shadow: it has no method HonoursShadow")

// maxText bounds an error text on its way to the host's database.
const maxText = 1024

// HandlePaymentNotice gives a payment notice to OnPayment.
func (s *server) HandlePaymentNotice(
	ctx context.Context, req *pluginv1.HandlePaymentNoticeRequest,
) (*pluginv1.HandlePaymentNoticeResponse, error) {
	d := delivery(req.GetDelivery())
	out, err := s.run(ctx, d, func(ctx context.Context) error { return s.payment.OnPayment(ctx, paymentNotice(d, req.GetNotice())) })
	if err != nil {
		return nil, err
	}
	return &pluginv1.HandlePaymentNoticeResponse{Outcome: out}, nil
}

// HandleUserEvent gives a user event to OnUserEvent.
func (s *server) HandleUserEvent(
	ctx context.Context, req *pluginv1.HandleUserEventRequest,
) (*pluginv1.HandleUserEventResponse, error) {
	d := delivery(req.GetDelivery())
	out, err := s.run(ctx, d, func(ctx context.Context) error { return s.user.OnUserEvent(ctx, userEvent(d, req.GetEvent())) })
	if err != nil {
		return nil, err
	}
	return &pluginv1.HandleUserEventResponse{Outcome: out}, nil
}

// HandleRefundNotice gives a refund notice to OnRefund.
func (s *server) HandleRefundNotice(
	ctx context.Context, req *pluginv1.HandleRefundNoticeRequest,
) (*pluginv1.HandleRefundNoticeResponse, error) {
	d := delivery(req.GetDelivery())
	out, err := s.run(ctx, d, func(ctx context.Context) error { return s.refund.OnRefund(ctx, refundNotice(d, req.GetNotice())) })
	if err != nil {
		return nil, err
	}
	return &pluginv1.HandleRefundNoticeResponse{Outcome: out}, nil
}

// HandleNotice gives any other event to OnNotice.
func (s *server) HandleNotice(
	ctx context.Context, req *pluginv1.HandleNoticeRequest,
) (*pluginv1.HandleNoticeResponse, error) {
	d := delivery(req.GetDelivery())
	out, err := s.run(ctx, d, func(ctx context.Context) error { return s.notice.OnNotice(ctx, notice(d, req.GetNotice())) })
	if err != nil {
		return nil, err
	}
	return &pluginv1.HandleNoticeResponse{Outcome: out}, nil
}

// run lets one event through the gate to its handler. An error is a gRPC status: FAILED_PRECONDITION when the plugin
// cannot take the event now, INTERNAL when the handler panicked.
func (s *server) run(ctx context.Context, d Delivery, handle func(context.Context) error) (*pluginv1.Outcome, error) {
	if d.Shadow && !s.shadow {
		return nil, status.Error(codes.Unimplemented, errNoShadow.Error()) // a host of ours has refused it before
	}
	switch err := s.gate.enter(d.EventID); {
	case errors.Is(err, errRunning):
		return retry(&RetryError{Err: err}), nil
	case err != nil:
		return nil, status.Error(codes.FailedPrecondition, err.Error())
	}
	defer s.gate.leave(d.EventID)
	if err := ctx.Err(); err != nil { // in here: the host takes the count inside for what can still have an effect
		return nil, status.FromContextError(err).Err()
	}
	ctx = context.WithValue(ctx, eventKey{}, d.EventID)
	var out *pluginv1.Outcome
	err := s.guard(ctx, "handler", func() error {
		out = outcome(handle(ctx)) // in here: the error's own methods are the author's code, too, and a typed nil panics
		return nil
	})
	if err != nil {
		return nil, status.Error(codes.Internal, clip(err.Error()))
	}
	return out, nil
}

// guard turns a panic of the author's code, in this goroutine, into an error and logs its stack.
func (s *server) guard(ctx context.Context, what string, call func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			s.logger.ErrorContext(ctx, "plugin code panicked", "in", what, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = &panicError{what: what, value: v}
		}
	}()
	return call()
}

type panicError struct {
	what  string
	value any
}

func (e *panicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.what, e.value) }

// outcome is the handler's verdict on the wire.
func outcome(err error) *pluginv1.Outcome {
	if err == nil {
		return &pluginv1.Outcome{Result: &pluginv1.Outcome_Done{Done: &pluginv1.Done{}}}
	}
	if reject, ok := errors.AsType[*RejectError](err); ok {
		r := &pluginv1.Reject{Reason: clip(reject.Reason)}
		return &pluginv1.Outcome{Result: &pluginv1.Outcome_Reject{Reject: r}}
	}
	if wait, ok := errors.AsType[*RetryError](err); ok {
		return retry(&RetryError{After: wait.After, Err: err})
	}
	return retry(&RetryError{Err: err})
}

func retry(e *RetryError) *pluginv1.Outcome {
	r := &pluginv1.Retry{Message: clip(e.Error())}
	if e.After > 0 {
		r.After = durationpb.New(e.After)
	}
	return &pluginv1.Outcome{Result: &pluginv1.Outcome_Retry{Retry: r}}
}

// clip makes a text fit for the wire: valid UTF-8, which protobuf insists on, and not longer than maxText.
func clip(text string) string {
	if len(text) > maxText {
		text = text[:maxText] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

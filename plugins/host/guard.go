package host

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/sdk"
)

// guard stands before HostService of one connection, and so of one plugin. It decides whether a call may be made and how
// long it may take, records it, and turns its error into a code.
type guard struct {
	granted []string
	timeout time.Duration // of one event, and so the most a call may take
	allowed *allowance    // to every process of the plugin
	events  *underWay
	logger  *slog.Logger // names the plugin
	shadow  *notes       // takes the calls that would change something, which are not made; nil outside of a shadow run
}

// intercept is a grpc.UnaryServerInterceptor.
func (g *guard) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	began := time.Now()
	call := wire.Call{Method: info.FullMethod, Feature: info.FullMethod}
	if i := slices.IndexFunc(wire.Calls(), func(c wire.Call) bool { return c.Method == info.FullMethod }); i >= 0 {
		call = wire.Calls()[i]
	}
	resp, err := g.call(ctx, call, req, next)
	failure := newCallFailure(err)
	g.record(ctx, call, req, time.Since(began), failure)
	if failure == nil {
		return resp, nil
	}
	_ = grpc.SetTrailer(ctx, metadata.Pairs(wire.ErrorCodeTrailer, failure.code)) // fails only without a stream
	return nil, status.Error(failure.grpc, failure.message)
}

var (
	errDenied = errors.New("the operator has not granted it")
	errRate   = errors.New("too many calls")
	errPanic  = errors.New("panic in the host")
)

func (g *guard) call(ctx context.Context, call wire.Call, req any, next grpc.UnaryHandler) (resp any, err error) {
	if !g.allowed.calls.allow(time.Now()) {
		return nil, errRate
	}
	if call.Permission == "" || !slices.Contains(g.granted, call.Permission) {
		return nil, errDenied
	}
	if call.Changes && g.shadow != nil {
		return g.shadow.instead(call, req)
	}
	deadline := time.Now().Add(g.timeout)
	if end, ok := g.events.deadline(eventOf(req)); ok && end.Before(deadline) {
		deadline = end
	}
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	defer func() {
		if recover() != nil { // what was panicked with could hold a secret
			logPanic(g.logger, errPanic, debug.Stack())
			resp, err = nil, errPanic
		}
	}()
	return next(ctx, req)
}

// numberMax bounds an event's id or an order's number in a record, in bytes. Longer ones are none of ours.
const numberMax = 200

// record is the audit: every call that changed something, with the event it was made for. Those that were refused or failed,
// or changed nothing because they were made in the shadow, are worth a line, too, but a loop that runs wild is not one each.
func (g *guard) record(ctx context.Context, call wire.Call, req any, took time.Duration, failure *callFailure) {
	var leftOut int64
	if failure != nil || g.shadow != nil {
		var ok bool
		if leftOut, ok = g.allowed.vain.pass(time.Now()); !ok {
			return
		}
	}
	level, result := slog.LevelDebug, "ok"
	var cause error
	if failure != nil {
		level, result, cause = slog.LevelWarn, failure.code, failure.cause
	} else if call.Changes {
		level = slog.LevelInfo
	}
	event := eventOf(req)
	_, running := g.events.deadline(event)
	attrs := []slog.Attr{
		slog.String("call", call.Feature), slog.String("result", result), slog.String("event", number(event)),
		slog.Bool("event_under_way", running), slog.Duration("took", took),
	}
	if named, ok := req.(interface{ GetOutTradeNo() string }); ok {
		attrs = append(attrs, slog.String("out_trade_no", number(named.GetOutTradeNo())))
	}
	if g.shadow != nil {
		attrs = append(attrs, slog.Bool("shadow", true))
	}
	if leftOut > 0 {
		attrs = append(attrs, slog.Int64("left_out", leftOut)) // records before this one
	}
	if cause != nil {
		attrs = append(attrs, slog.Any("error", cause))
	}
	g.logger.LogAttrs(ctx, level, "plugin called the host", attrs...)
}

// number makes what the plugin gave for a number fit for a record.
func number(text string) string {
	if len(text) > numberMax {
		text = text[:numberMax] + "…"
	}
	return cleaner{mask: strings.NewReplacer()}.text(text)
}

// eventOf is the event the plugin says it calls for.
func eventOf(req any) string {
	if named, ok := req.(interface{ GetEventId() string }); ok {
		return named.GetEventId()
	}
	return ""
}

// callFailure is a failed host call: what the plugin learns, and the cause that only the host's log does.
type callFailure struct {
	code    string
	grpc    codes.Code
	message string
	cause   error
}

func newCallFailure(err error) *callFailure {
	if err == nil {
		return nil
	}
	for _, known := range []struct {
		is   error
		code string
		grpc codes.Code
	}{
		{errDenied, wire.CodePermissionDenied, codes.PermissionDenied},
		{errRate, wire.CodeRateLimited, codes.ResourceExhausted},
		{errNotOffered, wire.CodeUnsupported, codes.Unimplemented},
		{sdk.ErrUnsupported, wire.CodeUnsupported, codes.Unimplemented},
		{sdk.ErrInvalid, wire.CodeBadRequest, codes.InvalidArgument},
		{sdk.ErrNotFound, wire.CodeNotFound, codes.NotFound},
		{sdk.ErrPaid, wire.CodeOrderPaid, codes.FailedPrecondition},
		{sdk.ErrMismatch, wire.CodeOrderMismatch, codes.FailedPrecondition},
		{sdk.ErrBusy, wire.CodeTooManyRequests, codes.ResourceExhausted},
		{sdk.ErrUnavailable, wire.CodeWeChatUnavailable, codes.Unavailable},
		{sdk.ErrRefused, wire.CodeWeChatRefused, codes.FailedPrecondition},
	} {
		if errors.Is(err, known.is) {
			return &callFailure{known.code, known.grpc, known.is.Error(), err}
		}
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		code, of := faultCode(f.Code)
		return &callFailure{code, of, f.Public(), err}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &callFailure{wire.CodeDeadline, codes.DeadlineExceeded, "the time for the call is over", err}
	case errors.Is(err, context.Canceled):
		return &callFailure{"cancelled", codes.Canceled, "the caller gave up", err}
	default:
		return &callFailure{wire.CodeInternal, codes.Internal, "the host failed; its log says why", err}
	}
}

// faultCode tells a fault of ours in the words of the contract.
func faultCode(code fault.Code) (string, codes.Code) {
	switch code {
	case fault.BadRequest, fault.OrderInvalid:
		return wire.CodeBadRequest, codes.InvalidArgument
	case fault.OrderNotFound:
		return wire.CodeNotFound, codes.NotFound
	case fault.OrderPaid:
		return wire.CodeOrderPaid, codes.FailedPrecondition
	case fault.OrderMismatch:
		return wire.CodeOrderMismatch, codes.FailedPrecondition
	case fault.TooManyRequests:
		return wire.CodeTooManyRequests, codes.ResourceExhausted
	case fault.WeChatUnavailable:
		return wire.CodeWeChatUnavailable, codes.Unavailable
	case fault.WeChatRefused:
		return wire.CodeWeChatRefused, codes.FailedPrecondition
	case fault.StorageDown:
		return wire.CodeStorageDown, codes.Unavailable
	default:
		return wire.CodeInternal, codes.Internal
	}
}

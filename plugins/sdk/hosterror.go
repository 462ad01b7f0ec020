package sdk

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"wgink.ink/wechat/plugins/internal/wire"
)

// What a host call can fail with; find them with errors.Is. The time limit is context.DeadlineExceeded.
var (
	// ErrPermission: the operator has not granted it. Only a change of the host's configuration helps.
	ErrPermission = errors.New("not granted to this plugin")
	// ErrUnsupported: this host does not offer it: it is older, or its payment or mini-program is off.
	ErrUnsupported = errors.New("not offered by this host")
	// ErrInvalid: a number or name does not have the documented form.
	ErrInvalid = errors.New("invalid")
	// ErrNotFound: there is no such order or user.
	ErrNotFound = errors.New("not found")
	// ErrPaid: the order is paid and cannot be closed.
	ErrPaid = errors.New("the order is paid")
	// ErrMismatch: a payment arrived that does not fit the order; people look at it.
	ErrMismatch = errors.New("the payment does not fit the order")
	// ErrBusy: too many calls, of this plugin or of the merchant. Later it will do.
	ErrBusy = errors.New("too many calls")
	// ErrUnavailable: WeChat or the host's database gave no usable answer. What became of the call is unknown; it may
	// be repeated.
	ErrUnavailable = errors.New("unavailable")
	// ErrRefused: WeChat refused for a reason in the host's configuration.
	ErrRefused = errors.New("refused by WeChat")
)

// HostError is a failed host call.
type HostError struct {
	Verb    string // "close order"
	Code    string // a stable word: "order-paid", "permission-denied"…
	Message string // for people

	kind error
}

// Error tells the verb, the code and the host's words.
func (e *HostError) Error() string {
	return fmt.Sprintf("host: %s: %s: %s", e.Verb, e.Code, e.Message)
}

// Unwrap gives one of the errors above, or a context's.
func (e *HostError) Unwrap() error { return e.kind }

func hostError(verb string, err error, trailer metadata.MD) error {
	st := status.Convert(err)
	e := &HostError{Verb: verb, Code: codeOf(st.Code()), Message: st.Message()}
	if code := trailer.Get(wire.ErrorCodeTrailer); len(code) == 1 {
		e.Code = code[0]
	}
	e.kind = kindOf(e.Code, st.Code())
	return e
}

// codeOf stands in where no host wrote a code: it is older, the connection ended, or the request was too long to be read.
func codeOf(code codes.Code) string {
	switch code {
	case codes.Unimplemented:
		return wire.CodeUnsupported
	case codes.ResourceExhausted:
		return wire.CodeBadRequest
	case codes.DeadlineExceeded:
		return wire.CodeDeadline
	case codes.Canceled:
		return "cancelled"
	case codes.Unavailable:
		return "host-unavailable"
	default:
		return wire.CodeInternal
	}
}

func kindOf(code string, of codes.Code) error {
	switch code {
	case wire.CodePermissionDenied:
		return ErrPermission
	case wire.CodeUnsupported:
		return ErrUnsupported
	case wire.CodeBadRequest:
		return ErrInvalid
	case wire.CodeNotFound:
		return ErrNotFound
	case wire.CodeOrderPaid:
		return ErrPaid
	case wire.CodeOrderMismatch:
		return ErrMismatch
	case wire.CodeRateLimited, wire.CodeTooManyRequests:
		return ErrBusy
	case wire.CodeWeChatUnavailable, wire.CodeStorageDown:
		return ErrUnavailable
	case wire.CodeWeChatRefused:
		return ErrRefused
	}
	switch of { // a code of a newer host
	case codes.DeadlineExceeded:
		return context.DeadlineExceeded
	case codes.Canceled:
		return context.Canceled
	case codes.Unavailable:
		return ErrUnavailable
	default:
		return nil
	}
}

package wire

import (
	"regexp"
	"slices"
	"strings"

	"wgink.ink/wechat/plugins/pluginv1"
)

// PaymentSucceeded is the one event type with a PaymentNotice; UserPrefix begins those with a UserEvent, RefundPrefix
// those with a RefundNotice.
const (
	PaymentSucceeded = "payment.succeeded"
	UserPrefix       = "user."
	RefundPrefix     = "refund."
)

// Kind is the form in which an event reaches a plugin.
type Kind int

// The kinds, one for each handler service.
const (
	KindNotice Kind = iota
	KindPayment
	KindUser
	KindRefund
)

// KindOf tells the form of an event type.
func KindOf(eventType string) Kind {
	switch {
	case eventType == PaymentSucceeded:
		return KindPayment
	case strings.HasPrefix(eventType, UserPrefix):
		return KindUser
	case strings.HasPrefix(eventType, RefundPrefix):
		return KindRefund
	default:
		return KindNotice
	}
}

// In is the form in which a plugin with these services gets the kind: a refund goes to NoticeHandlerService when there is
// no RefundNoticeHandlerService. It is false when the plugin cannot take the kind.
func (k Kind) In(services []string) (Kind, bool) {
	if slices.Contains(services, k.Service()) {
		return k, true
	}
	if k == KindRefund {
		return KindNotice.In(services)
	}
	return k, false
}

// Service is the full name of the gRPC service that takes the kind.
func (k Kind) Service() string {
	switch k {
	case KindPayment:
		return pluginv1.PaymentNoticeHandlerService_ServiceDesc.ServiceName
	case KindUser:
		return pluginv1.UserSyncHandlerService_ServiceDesc.ServiceName
	case KindRefund:
		return pluginv1.RefundNoticeHandlerService_ServiceDesc.ServiceName
	default:
		return pluginv1.NoticeHandlerService_ServiceDesc.ServiceName
	}
}

// Method is the name of the Go handler method for the kind.
func (k Kind) Method() string {
	switch k {
	case KindPayment:
		return "OnPayment"
	case KindUser:
		return "OnUserEvent"
	case KindRefund:
		return "OnRefund"
	default:
		return "OnNotice"
	}
}

// Pattern is what a manifest handles: an event type, or the start of one and `.*`, or `*` for everything.
type Pattern string

// Valid tells whether the pattern has the documented form.
func (p Pattern) Valid() bool {
	return p == "*" || regexp.MustCompile(`^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*(\.\*)?$`).MatchString(string(p))
}

// Match tells whether the pattern covers the event type.
func (p Pattern) Match(eventType string) bool {
	if p == "*" {
		return true
	}
	if prefix, ok := strings.CutSuffix(string(p), "*"); ok {
		return strings.HasPrefix(eventType, prefix)
	}
	return string(p) == eventType
}

// Kinds lists every kind of event the pattern can match, so that a plugin can be refused that would not take some.
func (p Pattern) Kinds() []Kind {
	prefix, wildcard := strings.CutSuffix(string(p), "*")
	switch {
	case !wildcard:
		return []Kind{KindOf(string(p))}
	case prefix == "":
		return []Kind{KindPayment, KindUser, KindRefund, KindNotice}
	case strings.HasPrefix(prefix, UserPrefix):
		return []Kind{KindUser}
	case strings.HasPrefix(prefix, RefundPrefix):
		return []Kind{KindRefund}
	case strings.HasPrefix(PaymentSucceeded, prefix):
		return []Kind{KindPayment, KindNotice}
	default:
		return []Kind{KindNotice}
	}
}

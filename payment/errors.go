package payment

import "wgink.ink/wechat/internal/fault"

// ErrorCode says what went wrong in terms a host can branch on. Codes never change their meaning.
type ErrorCode = fault.Code

// The codes of this package's errors.
const (
	OrderInvalid      = fault.OrderInvalid      // a field breaks a documented limit
	OrderTermsDiffer  = fault.OrderTermsDiffer  // the number is in use for an order with other terms
	OrderNotFound     = fault.OrderNotFound     // neither WeChat nor we know the number
	OrderPaid         = fault.OrderPaid         // the order is paid already
	OrderMismatch     = fault.OrderMismatch     // a payment arrived that does not fit the order; it is quarantined
	OrderClosed       = fault.OrderClosed       // the order is closed or expired; use a new number
	WeChatUnavailable = fault.WeChatUnavailable // the outcome is unknown; the same call may be repeated
	WeChatRefused     = fault.WeChatRefused     // WeChat refused; look at the configuration
	TooManyRequests   = fault.TooManyRequests   // slow down
	StorageDown       = fault.StorageDown       // the module's database did not answer in time
	Internal          = fault.Internal          // any other error, also one that is not this package's
)

// CodeOf finds the code of an error of this package, also a wrapped one; empty for nil.
func CodeOf(err error) ErrorCode { return fault.CodeOf(err) }

package wire

import "wgink.ink/wechat/plugins/pluginv1"

// FeatureHostCalls is what Describe lists when the plugin connects to HostService inside Configure. A host makes no
// offer to others, who would leave it standing.
const FeatureHostCalls = "host-calls"

// FeatureShadow is what Describe lists when the plugin has no effect outside of the host while Delivery.shadow is set.
const FeatureShadow = "shadow"

// ErrorCodeTrailer is the trailer of a failed host call that holds its stable code.
const ErrorCodeTrailer = "wechat-error-code"

// The stable codes of failed host calls. They never change their meaning.
const (
	CodePermissionDenied  = "permission-denied" // the operator has not granted the verb to the plugin
	CodeRateLimited       = "rate-limited"      // the plugin calls too often
	CodeUnsupported       = "unsupported"       // this host does not offer the verb
	CodeBadRequest        = "bad-request"
	CodeNotFound          = "not-found"
	CodeOrderPaid         = "order-paid"
	CodeOrderMismatch     = "order-mismatch"
	CodeWeChatUnavailable = "wechat-unavailable"
	CodeWeChatRefused     = "wechat-refused"
	CodeTooManyRequests   = "too-many-requests" // WeChat's own limit
	CodeStorageDown       = "storage-down"
	CodeDeadline          = "deadline" // the time of the event, or of the call, was over
	CodeInternal          = "internal"
)

// Call is one method of HostService.
type Call struct {
	Method     string // as gRPC writes it, in full
	Feature    string // as ConfigureRequest.host_features lists it
	Permission string // what the operator must have granted
	Changes    bool   // whether it changes something, and so is always recorded
}

// Calls lists the methods of HostService.
func Calls() []Call {
	return []Call{
		{pluginv1.HostService_QueryOrder_FullMethodName, "QueryOrder", OrdersRead, false},
		{pluginv1.HostService_CloseOrder_FullMethodName, "CloseOrder", OrdersClose, true},
		{pluginv1.HostService_GetUser_FullMethodName, "GetUser", UsersRead, false},
	}
}

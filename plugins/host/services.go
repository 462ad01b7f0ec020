package host

import (
	"context"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/sdk"
)

// Services are the verbs that plugins may call when the operator granted them. One that is nil is not offered. Errors
// with a code of package fault reach the plugin as that code and its sentence; of any other error it learns nothing.
type Services struct {
	// QueryOrder finds an order by exactly one of the two numbers.
	QueryOrder func(ctx context.Context, outTradeNo, transactionID string) (*sdk.Order, error)
	// StoredOrder is QueryOrder for a process in the shadow: it asks WeChat nothing and stores nothing. Optional: without it
	// such a process is refused.
	StoredOrder func(ctx context.Context, outTradeNo, transactionID string) (*sdk.Order, error)
	// CloseOrder closes an unpaid order; closing a closed one succeeds.
	CloseOrder func(ctx context.Context, outTradeNo string) error
	// User finds a user. An empty appid means the host's mini-program.
	User func(ctx context.Context, appid, openid string) (*sdk.User, error)
}

// inShadow are the services of a process in the shadow. To ask WeChat for an order would store what is learned, even a
// payment that nobody knew of, and that would be an event for every plugin.
func (s Services) inShadow() Services {
	if s.QueryOrder == nil {
		return s
	}
	if s.QueryOrder = s.StoredOrder; s.QueryOrder == nil {
		s.QueryOrder = func(context.Context, string, string) (*sdk.Order, error) { return nil, errNotOffered }
	}
	return s
}

// features lists what is offered, as ConfigureRequest.host_features tells it.
func (s Services) features() []string {
	offered := map[string]bool{
		"QueryOrder": s.QueryOrder != nil, "CloseOrder": s.CloseOrder != nil, "GetUser": s.User != nil,
	}
	var features []string
	for _, c := range wire.Calls() {
		if offered[c.Feature] {
			features = append(features, c.Feature)
		}
	}
	return features
}

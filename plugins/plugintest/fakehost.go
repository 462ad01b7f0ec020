package plugintest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/plugins/sdk"
)

// FakeHost stands in for the host that a handler asks. It keeps orders and users in memory and behaves as the host does:
// an unknown order is ErrNotFound, a paid one cannot be closed, a closed one can be closed again. Permissions, limits and
// codes are the real ones. The zero value knows nobody.
type FakeHost struct {
	mu      sync.Mutex
	orders  map[string]sdk.Order
	users   map[string]sdk.User
	failure error
	effects []string
}

// PutOrder adds an order, or replaces the one of the same OutTradeNo.
func (f *FakeHost) PutOrder(o sdk.Order) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.orders == nil {
		f.orders = map[string]sdk.Order{}
	}
	f.orders[o.OutTradeNo] = o
}

// PutUser adds a user, or replaces the one of the same OpenID.
func (f *FakeHost) PutUser(u sdk.User) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users == nil {
		f.users = map[string]sdk.User{}
	}
	f.users[u.OpenID] = u
}

// Fail makes every call fail from now on: with sdk.ErrUnavailable, for example. nil ends it.
func (f *FakeHost) Fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failure = err
}

// Order tells an order as it is now.
func (f *FakeHost) Order(outTradeNo string) (o sdk.Order, found bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, found = f.orders[outTradeNo]
	return o, found
}

// Effects lists the calls that changed something or would have, in order: "CloseOrder ORDER-0001".
func (f *FakeHost) Effects() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.effects)
}

func (f *FakeHost) services() host.Services {
	return host.Services{QueryOrder: f.queryOrder, CloseOrder: f.closeOrder, User: f.user}
}

func (f *FakeHost) queryOrder(_ context.Context, outTradeNo, transactionID string) (*sdk.Order, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failure != nil {
		return nil, f.failure
	}
	for _, o := range f.orders {
		if outTradeNo != "" && o.OutTradeNo == outTradeNo || transactionID != "" && o.TransactionID == transactionID {
			return &o, nil
		}
	}
	return nil, fmt.Errorf("order %s%s: %w", outTradeNo, transactionID, sdk.ErrNotFound)
}

func (f *FakeHost) closeOrder(_ context.Context, outTradeNo string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.effects = append(f.effects, "CloseOrder "+outTradeNo)
	if f.failure != nil {
		return f.failure
	}
	o, found := f.orders[outTradeNo]
	switch {
	case !found:
		return fmt.Errorf("order %s: %w", outTradeNo, sdk.ErrNotFound)
	case o.Paid():
		return fmt.Errorf("order %s: %w", outTradeNo, sdk.ErrPaid)
	}
	o.TradeState = "CLOSED"
	f.orders[outTradeNo] = o
	return nil
}

func (f *FakeHost) user(_ context.Context, appid, openid string) (*sdk.User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failure != nil {
		return nil, f.failure
	}
	u, found := f.users[openid]
	if !found || appid != "" && u.AppID != appid {
		return nil, fmt.Errorf("user %s: %w", openid, sdk.ErrNotFound)
	}
	return &u, nil
}

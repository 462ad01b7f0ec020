package wechat

import (
	"context"
	"errors"
	"fmt"

	"wgink.ink/wechat/plugins/host"
	"wgink.ink/wechat/plugins/sdk"
)

// The names under which the queue keeps the events of handlers that are mere functions. They never change: after a restart
// stored events find their handler by them.
const (
	onPaymentNotice = "on-payment-notice"
	onUserEvent     = "on-user-event"
)

// WithHandler hands events to a handler in the host's own process. handler is what a plugin gives sdk.Serve: it has at
// least one of OnPayment, OnUserEvent, OnRefund and OnNotice, and gets every event it has a method for. Outcomes,
// repetition and limits are those of a plugin (15 s for an event, 8 events at once), and it may ask the host everything.
//
// The queue keeps its events under id, a name like a plugin's: keep it the same from release to release. The handler's
// Start is called by Module.Start, which fails when it fails. A goroutine of the handler's that panics ends the host; a
// plugin's would not.
func WithHandler(id string, handler any) Option {
	return func(o *options) { o.handlers = append(o.handlers, ownHandler{id, handler}) }
}

// OnPaymentNotice hands payments to a function in the host's own process, as WithHandler does. Use WithHandler for more
// than one.
func OnPaymentNotice(handle func(ctx context.Context, n *sdk.PaymentNotice) error) Option {
	return WithHandler(onPaymentNotice, paymentFunc(handle))
}

// OnUserEvent hands changes of users to a function in the host's own process, as WithHandler does.
func OnUserEvent(handle func(ctx context.Context, e *sdk.UserEvent) error) Option {
	return WithHandler(onUserEvent, userFunc(handle))
}

type ownHandler struct {
	id      string
	handler any
}

type paymentFunc func(ctx context.Context, n *sdk.PaymentNotice) error

// OnPayment calls the function.
func (f paymentFunc) OnPayment(ctx context.Context, n *sdk.PaymentNotice) error { return f(ctx, n) }

type userFunc func(ctx context.Context, e *sdk.UserEvent) error

// OnUserEvent calls the function.
func (f userFunc) OnUserEvent(ctx context.Context, e *sdk.UserEvent) error { return f(ctx, e) }

// newOwnHandlers wires them; the error joins what is wrong with each.
func (m *Module) newOwnHandlers(o options) error {
	taken := map[string]string{}
	for id := range m.cfg.Plugins.Enabled {
		taken[id] = "a plugin has"
	}
	var problems []error
	for _, own := range o.handlers {
		if who, twice := taken[own.id]; twice {
			problems = append(problems, fmt.Errorf("handler %s: %s that id already; give each one of its own with WithHandler", own.id, who))
			continue
		}
		taken[own.id] = "another handler has"
		h, err := host.NewInProcess(own.id, own.handler, host.InProcessOptions{
			Logger: o.log, Services: m.services(), Granted: host.Permissions(),
		})
		if err != nil {
			problems = append(problems, err)
			continue
		}
		m.own = append(m.own, h)
	}
	return errors.Join(problems...)
}

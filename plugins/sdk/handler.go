package sdk

import (
	"context"
	"log/slog"
)

// A handler has at least one of OnPayment, OnUserEvent, OnRefund and OnNotice. Each returns nil when the event had its effect,
// now or earlier; RetryAfter or Reject to say more; any other error to get the event again on the usual schedule.

// PaymentHandler receives events of type payment.succeeded.
type PaymentHandler interface {
	OnPayment(ctx context.Context, n *PaymentNotice) error
}

// UserEventHandler receives events of types user.*.
type UserEventHandler interface {
	OnUserEvent(ctx context.Context, e *UserEvent) error
}

// RefundHandler receives events of types refund.*. Without it they go to OnNotice.
type RefundHandler interface {
	OnRefund(ctx context.Context, n *RefundNotice) error
}

// NoticeHandler receives every other event, undecoded: kinds WeChat adds later, and refunds when there is no OnRefund.
type NoticeHandler interface {
	OnNotice(ctx context.Context, n *Notice) error
}

// Starter is called once, after the configuration was decoded into the handler and before the first event. An error
// ends the process; the host starts it again later.
type Starter interface {
	Start(ctx context.Context, env Env) error
}

// Stopper is called once, after the last event, before the host ends the process. A process that is killed does not
// get here.
type Stopper interface {
	Stop(ctx context.Context) error
}

// ShadowHandler says that the plugin may be tried on events that another version has handled already, marked with
// Delivery.Shadow: for those it shows what it would do, and has no effect of its own. What it changes through Env.Host the
// host only notes, but nobody else can stop what it writes into its own database or sends to another service. A plugin
// without this method never gets such events. The method is never called.
type ShadowHandler interface {
	HonoursShadow()
}

// Versioner gives the plugin's version; the host refuses to start a plugin whose manifest says another.
// Optional. Default: what was linked in with -ldflags "-X wgink.ink/wechat/plugins/sdk.version=1.4.0", else none, and
// then the manifest is believed.
type Versioner interface {
	Version() string
}

// Env is what a plugin gets from its host.
type Env struct {
	// ID and Version are the plugin's, as the host's configuration names them.
	ID, Version string
	// Logger writes JSON lines that become records in the host's log, with their level.
	Logger *slog.Logger
	// Secrets by name, as the host's configuration gives them.
	Secrets Secrets
	// WorkDir is a private folder, empty at every start; it is also the working directory and TMPDIR.
	// In a host's own process there is none, and it is empty.
	WorkDir string
	// Host asks the host: query an order, close it, look a user up. Never nil.
	Host *Host
	// Permissions are what the operator granted: "orders.read".
	Permissions []string
	// Shadow is true when every event of this process will have Delivery.Shadow: start no work that has effects by itself.
	Shadow bool
}

package wechat

import (
	"context"
	"log/slog"

	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/plugins/host"
)

// receiver gives events to the plugins, or to the log while no plugin is enabled, which may change at any time.
type receiver struct {
	plugins pluginReceiver
	log     logReceiver
}

func (r receiver) current() delivery.Receiver {
	if len(r.plugins.Plugins()) > 0 {
		return r.plugins
	}
	return r.log
}

func (r receiver) Subscribers(kind string) []string { return r.current().Subscribers(kind) }
func (r receiver) Plugins() []string                { return r.current().Plugins() }
func (r receiver) Slots(plugin string) int          { return r.current().Slots(plugin) }

func (r receiver) Deliver(ctx context.Context, plugin string, h delivery.Handover) delivery.Outcome {
	return r.current().Deliver(ctx, plugin, h)
}

// pluginReceiver lets the queue hand events to plugin processes, which know nothing of each other's types.
type pluginReceiver struct{ host *host.Host }

func (p pluginReceiver) Subscribers(kind string) []string { return p.host.Subscribers(kind) }
func (p pluginReceiver) Plugins() []string                { return p.host.IDs() }
func (p pluginReceiver) Slots(plugin string) int          { return p.host.Slots(plugin) }

func (p pluginReceiver) Deliver(ctx context.Context, plugin string, h delivery.Handover) delivery.Outcome {
	out := p.host.Deliver(ctx, plugin, host.Event{
		ID: h.EventID, Type: h.Kind, WeChatType: h.WeChatType, Subject: h.Subject,
		Attempt: uint32(h.Attempt), OccurredAt: h.OccurredAt, Replay: h.Replay, Compared: h.Compared, Payload: h.Payload, //nolint:gosec // counts tries
	})
	results := map[host.Result]delivery.Result{
		host.Done: delivery.Done, host.Retry: delivery.Retry, host.Reject: delivery.Reject,
		host.NotReady: delivery.NotReady, host.Crashed: delivery.Crashed,
	}
	return delivery.Outcome{Result: results[out.Result], After: out.After, Code: out.Code, Message: out.Message}
}

// logReceiver is what happens with no plugin configured: every event is logged in decrypted form, as the original
// module does with notices.
type logReceiver struct{ log *slog.Logger }

const logSubscriber = "log"

func (logReceiver) Subscribers(string) []string { return []string{logSubscriber} }
func (logReceiver) Plugins() []string           { return []string{logSubscriber} }
func (logReceiver) Slots(string) int            { return 8 }

func (l logReceiver) Deliver(ctx context.Context, _ string, h delivery.Handover) delivery.Outcome {
	l.log.InfoContext(ctx, "event (no plugin is configured)",
		"event", h.EventID, "kind", h.Kind, "type", h.WeChatType, "subject", h.Subject, "content", string(h.Payload))
	return delivery.Outcome{Result: delivery.Done}
}

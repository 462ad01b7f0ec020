package wechat

import (
	"context"
	"log/slog"
	"maps"
	"slices"

	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/plugins/host"
)

// receiver gives events to the plugins and the host's own handlers, or to the log while there is neither, which may
// change at any time.
type receiver struct {
	plugins pluginReceiver
	log     logReceiver
}

func (m *Module) receiver() receiver {
	r := receiver{plugins: pluginReceiver{host: m.plugins, own: make(map[string]*host.InProcess, len(m.own))}, log: logReceiver{log: m.log}}
	for _, h := range m.own {
		r.plugins.own[h.ID()] = h
	}
	return r
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

// pluginReceiver lets the queue hand events to plugins, which know nothing of each other's types, be they processes or
// handlers in this one.
type pluginReceiver struct {
	host *host.Host
	own  map[string]*host.InProcess // never changes
}

func (p pluginReceiver) Plugins() []string {
	return append(slices.Sorted(maps.Keys(p.own)), p.host.IDs()...)
}

func (p pluginReceiver) Subscribers(kind string) []string {
	ids := p.host.Subscribers(kind)
	for _, id := range slices.Sorted(maps.Keys(p.own)) {
		if p.own[id].Handles(kind) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (p pluginReceiver) Slots(plugin string) int {
	if h := p.own[plugin]; h != nil {
		return h.Slots()
	}
	return p.host.Slots(plugin)
}

func (p pluginReceiver) Deliver(ctx context.Context, plugin string, h delivery.Handover) delivery.Outcome {
	ev := host.Event{
		ID: h.EventID, Type: h.Kind, WeChatType: h.WeChatType, Subject: h.Subject,
		Attempt: uint32(h.Attempt), OccurredAt: h.OccurredAt, Replay: h.Replay, Compared: h.Compared, Payload: h.Payload, //nolint:gosec // counts tries
	}
	var out host.Outcome
	if h := p.own[plugin]; h != nil {
		out = h.Deliver(ctx, ev)
	} else {
		out = p.host.Deliver(ctx, plugin, ev)
	}
	results := map[host.Result]delivery.Result{
		host.Done: delivery.Done, host.Retry: delivery.Retry, host.Reject: delivery.Reject,
		host.NotReady: delivery.NotReady, host.Crashed: delivery.Crashed,
	}
	return delivery.Outcome{Result: results[out.Result], After: out.After, Code: out.Code, Message: out.Message, Version: out.Version}
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

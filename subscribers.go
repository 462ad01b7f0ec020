package wechat

import (
	"context"
	"maps"
	"slices"
	"time"

	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/plugins/host"
)

// receiver gives events to the plugins and the host's own handlers, or to the log while there is neither, which may
// change at any time. What was queued for the log before that is still the log's.
type receiver struct {
	plugins pluginReceiver
	log     *logReceiver
}

func (m *Module) receiver() receiver {
	r := receiver{
		plugins: pluginReceiver{host: m.plugins, own: make(map[string]*host.InProcess, len(m.own))},
		log:     &logReceiver{log: m.log},
	}
	for _, h := range m.own {
		r.plugins.own[h.ID()] = h
	}
	return r
}

func (r receiver) Subscribers(kind string) []string {
	if len(r.plugins.Plugins()) == 0 {
		return []string{logSubscriber}
	}
	return r.plugins.Subscribers(kind)
}

func (r receiver) Plugins() []string {
	ids := r.plugins.Plugins()
	if len(ids) == 0 || r.log.turn(time.Now()) && !slices.Contains(ids, logSubscriber) {
		ids = append(ids, logSubscriber)
	}
	return ids
}

func (r receiver) Slots(plugin string) int {
	if r.isLog(plugin) {
		return logSlots
	}
	return r.plugins.Slots(plugin)
}

func (r receiver) Deliver(ctx context.Context, plugin string, h delivery.Handover) delivery.Outcome {
	if r.isLog(plugin) {
		return r.log.Deliver(ctx, h)
	}
	return r.plugins.Deliver(ctx, plugin, h)
}

// isLog tells the log from a plugin that has its name.
func (r receiver) isLog(plugin string) bool {
	return plugin == logSubscriber && !slices.Contains(r.plugins.Plugins(), logSubscriber)
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

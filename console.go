package wechat

import (
	"context"
	"errors"
	"fmt"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/operate"
	"wgink.ink/wechat/internal/store"
)

// openConsole lets wechatctl reach this host. Nobody asked for the socket in the default place: without it the host does
// its work all the same.
func (m *Module) openConsole(ctx context.Context) error {
	path := m.cfg.Console.Socket
	if path == config.SocketOff {
		return nil
	}
	var err error
	if path == "" {
		if path, err = m.plugins.PrivateDir(); err == nil {
			path = operate.SocketName(path)
		}
	}
	if err == nil {
		m.console, err = operate.Start(ctx, path, m.file, operated{m}, m.log)
	}
	switch {
	case err == nil:
		m.log.InfoContext(ctx, "wechatctl reaches this host", "socket", path)
		return nil
	case m.cfg.Console.Socket == "":
		m.log.WarnContext(ctx, "wechatctl will not reach this host", "error", err)
		return nil
	}
	return fmt.Errorf("console.socket: %w", err)
}

func (m *Module) closeConsole(ctx context.Context) error {
	if m.console == nil {
		return nil
	}
	return m.console.Stop(ctx)
}

// operated is the module as the control socket sees it.
type operated struct{ *Module }

// Plugins lists plugins, the host's own handlers, and whoever else has events waiting.
func (o operated) Plugins(ctx context.Context) ([]operate.Plugin, error) {
	depths, err := o.QueueDepths(ctx)
	if err != nil {
		return nil, err
	}
	var all []operate.Plugin
	for _, i := range o.Module.Plugins() {
		all = append(all, operate.PluginOf(i))
	}
	for _, h := range o.own {
		all = append(all, operate.Plugin{ID: h.ID(), State: operate.InProcess})
	}
	at := make(map[string]int, len(all))
	for i, p := range all {
		at[p.ID] = i
	}
	for _, d := range depths {
		i, known := at[d.Plugin]
		if !known {
			state := operate.NotEnabled
			if d.Plugin == logSubscriber {
				state = operate.InProcess
			}
			i, all = len(all), append(all, operate.Plugin{ID: d.Plugin, State: state})
		}
		all[i].Queue = operate.Queue{
			Pending: d.Pending, Running: d.Running, Dead: d.Dead, Oldest: operate.SecondsOf(d.Oldest),
		}
	}
	for i := range all {
		all[i].Queue.Capped = store.DepthCounted
	}
	return all, nil
}

// Reload reloads one plugin or all.
func (o operated) Reload(ctx context.Context, plugin string, force bool) error {
	if plugin != "" {
		return coded(o.ReloadPlugin(ctx, plugin), operate.Failed)
	}
	before := map[string]int{}
	for _, i := range o.Module.Plugins() {
		before[i.ID] = i.Starts
	}
	problems := []error{o.ReloadPlugins(ctx)}
	for _, i := range o.Module.Plugins() {
		if starts, was := before[i.ID]; force && was && starts == i.Starts {
			problems = append(problems, o.plugins.Reload(ctx, i.ID))
		}
	}
	return coded(errors.Join(problems...), operate.Failed)
}

// DeadLetters lists dead letters.
func (o operated) DeadLetters(ctx context.Context, f operate.DeadFilter) ([]operate.DeadLetter, error) {
	filter := DeadLetterFilter{Plugin: f.Plugin, Code: f.Code, Limit: f.Limit}
	if f.After != "" {
		since, event, plugin, err := f.After.Parse()
		if err != nil {
			return nil, err
		}
		filter.After = &DeadLetter{Since: since, EventID: event, Plugin: plugin}
	}
	rows, err := o.Module.DeadLetters(ctx, filter)
	letters := make([]operate.DeadLetter, 0, len(rows))
	for _, r := range rows {
		letters = append(letters, operate.DeadLetter{
			Event: r.EventID, Plugin: r.Plugin, Subject: r.Subject, Code: r.Code, Reason: r.Reason, Since: r.Since,
		})
	}
	return letters, err
}

// Event tells what became of an event.
func (o operated) Event(ctx context.Context, id string, payload bool) (operate.Event, error) {
	e, err := o.Module.Event(ctx, id)
	if err != nil {
		return operate.Event{}, coded(err, operate.Internal)
	}
	out := operate.Event{
		ID: e.ID, Kind: e.Kind, WeChatType: e.WeChatType, Subject: e.Subject, NoticeID: e.NoticeID, Verdict: e.Verdict,
		Compared: e.Compared, OccurredAt: e.OccurredAt, KeptAt: e.KeptAt, Deliveries: []operate.Delivery{},
	}
	for _, d := range e.Deliveries {
		out.Deliveries = append(out.Deliveries, operate.Delivery(d))
	}
	if payload {
		content, err := o.EventPayload(ctx, id)
		if err != nil {
			return operate.Event{}, coded(err, operate.Internal)
		}
		out.Payload = string(content)
	}
	return out, nil
}

// Requeue hands a dead letter over again.
func (o operated) Requeue(ctx context.Context, event, plugin string) error {
	return coded(o.Module.Requeue(ctx, event, plugin), operate.Internal)
}

// RequeueAll hands all dead letters of a plugin over again; a plugin that is not enabled is probably a typing error.
func (o operated) RequeueAll(ctx context.Context, plugin, code string) (int, error) {
	if err := o.known(plugin); err != nil {
		return 0, coded(err, operate.Internal)
	}
	n, err := o.Module.RequeueAll(ctx, plugin, code)
	return n, coded(err, operate.Internal)
}

// Replay hands an event over again.
func (o operated) Replay(ctx context.Context, event, plugin string) error {
	return coded(o.Module.Replay(ctx, event, plugin), operate.Internal)
}

// coded gives an error the code that the command tells; other is that of errors nobody knows.
func coded(err error, other operate.Code) error {
	if err == nil {
		return nil
	}
	for known, code := range map[error]operate.Code{
		ErrUnknownPlugin: operate.UnknownPlugin, ErrUnknownEvent: operate.UnknownEvent, ErrNotDead: operate.NotDead,
	} {
		if errors.Is(err, known) {
			return &operate.Error{Code: code, Err: err}
		}
	}
	switch {
	case errors.Is(err, ErrNotReplayed):
		other = operate.Refused
	case other == operate.Internal:
		return err // the server logs it
	}
	return &operate.Error{Code: other, Err: err}
}

package main

import "context"

const pluginReplayHelp = `
Usage: wechatctl plugin replay [-config FILE | -socket PATH] -event ID -plugin ID

Hands an event to a plugin again, whether it was done or is dead, also to a plugin that did not exist when the event happened.
The plugin sees the same event id, marked as a replay.` + hostsHelp

func pluginReplay(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "plugin replay", pluginReplayHelp)
	hosts := addHostFlags(flags)
	event := flags.String("event", "", "the event's `id`")
	plugin := flags.String("plugin", "", "the plugin's `id`")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 || *event == "" || *plugin == "" {
		return wrongArguments(flags, "-event ID -plugin ID")
	}
	r, err := hosts.one(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	if err := r.Replay(ctx, *event, *plugin); err != nil {
		return err
	}
	t.sayf("Event %s is due at %s again.", *event, *plugin)
	return nil
}

package main

import (
	"context"
	"errors"

	"wgink.ink/wechat/internal/operate"
)

const pluginReloadHelp = `
Usage: wechatctl plugin reload [-config FILE | -socket PATH] [-force | ID]

Makes a running host read its configuration file again and run the plugins it enables, without losing an event: what is new
starts, what is gone stops, what differs is hot-swapped, what could not run is tried again, the rest is left alone. With -force
the rest is replaced, too. With an ID only that plugin is replaced, in any case. A new process that does not become ready
changes nothing: the old one goes on. A host that did not tell its file replaces its plugins with the configuration it has.
Of several hosts with one configuration file each is told.` + hostsHelp

func pluginReload(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "plugin reload", pluginReloadHelp)
	hosts := addHostFlags(flags)
	force := flags.Bool("force", false, "replace what did not change, too")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	id := ""
	switch {
	case len(rest) == 1 && !*force:
		id = rest[0]
	case len(rest) > 0:
		return wrongArguments(flags, "at most one ID, without -force")
	}
	found, err := hosts.all(ctx)
	if err != nil {
		return err
	}
	if err := sameConfiguration(found); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	var problems []error
	for _, r := range found {
		problems = append(problems, reloadHost(ctx, t, r, id, *force))
	}
	return errors.Join(problems...)
}

// reloadHost tells what became of each plugin, also when it failed for some.
func reloadHost(ctx context.Context, t terminal, r running, id string, force bool) error {
	before, err := r.Plugins(ctx)
	if err != nil {
		return err
	}
	after, err := r.Reload(ctx, id, force)
	if err != nil {
		if now, lookErr := r.Plugins(ctx); lookErr == nil {
			tellChanges(t, before.Plugins, now.Plugins)
		}
		return err
	}
	tellChanges(t, before.Plugins, after.Plugins)
	return nil
}

func tellChanges(t terminal, before, after []operate.Plugin) {
	old := map[string]operate.Plugin{}
	for _, p := range before {
		old[p.ID] = p
	}
	for _, p := range after {
		was := old[p.ID]
		switch {
		case p.Concurrency == 0 && was.Concurrency == 0: // no process
		case was.Concurrency == 0:
			t.sayf("%s %s  new, %s", p.ID, p.Version, p.State)
		case p.Concurrency == 0:
			t.sayf("%s  stopped", p.ID)
		case p.Starts == was.Starts && p.Version == was.Version:
			t.sayf("%s %s  unchanged, %s", p.ID, p.Version, p.State)
		case p.Swaps > was.Swaps:
			t.sayf("%s %s  replaced, was %s, process %d", p.ID, p.Version, was.Version, p.PID)
		default:
			t.sayf("%s %s  %s", p.ID, p.Version, p.State)
		}
		delete(old, p.ID)
	}
	for _, p := range before {
		if _, gone := old[p.ID]; gone && p.Concurrency > 0 {
			t.sayf("%s  stopped", p.ID)
		}
	}
}

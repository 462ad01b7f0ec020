package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"wgink.ink/wechat/internal/operate"
)

const pluginListHelp = `
Usage: wechatctl plugin list [-config FILE | -socket PATH] [-v] [-json]

Lists the plugins of a running host: state and since when, process, events in hand and their limit, what waits in the queue,
permissions, and the last error. With -v also memory, limits, the pinned hash and the last crash reports.` + hostsHelp

func pluginList(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "plugin list", pluginListHelp)
	hosts := addHostFlags(flags)
	verbose := flags.Bool("v", false, "tell everything, crash reports too")
	asJSON := flags.Bool("json", false, "print a JSON array with an entry for each host")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return wrongArguments(flags, "no arguments")
	}
	found, err := hosts.all(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	var all []operate.Plugins
	var problems []error
	for _, r := range found {
		answer, err := r.Plugins(ctx)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = append(all, answer)
	}
	if *asJSON {
		return errors.Join(append(problems, printJSON(t, all))...)
	}
	for i, answer := range all {
		if i > 0 {
			t.sayf("")
		}
		t.sayf("Host %d, up %s, %s", answer.Host.PID, ago(answer.Host.Started), orUnknown(answer.Host.ConfigFile))
		problems = append(problems, printPlugins(t, answer.Plugins, *verbose))
	}
	return errors.Join(problems...)
}

func printJSON(t terminal, what any) error {
	encoder := json.NewEncoder(t.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(what)
}

// printPlugins prints a table, and below it what does not fit into one.
func printPlugins(t terminal, plugins []operate.Plugin, verbose bool) error {
	if len(plugins) == 0 {
		t.sayf("No plugin is enabled.")
		return nil
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "ID\tVERSION\tSTATE\tSINCE\tPID\tSTARTS\tIN HAND\tPENDING\tOLDEST\tDEAD")
	for _, p := range plugins {
		_, _ = fmt.Fprintln(table, strings.Join([]string{
			p.ID, cmp.Or(p.Version, "-"), state(p), ago(p.Since), number(p.PID), number(p.Starts), inHand(p),
			capped(p.Queue.Pending, p.Queue.Capped), oldest(p.Queue), capped(p.Queue.Dead, p.Queue.Capped),
		}, "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, p := range plugins {
		for _, line := range details(p, verbose) {
			t.sayf("%s: %s", p.ID, line)
		}
	}
	return nil
}

func state(p operate.Plugin) string {
	if p.Alarm {
		return p.State + "!"
	}
	return p.State
}

func inHand(p operate.Plugin) string {
	if p.Concurrency == 0 {
		return strconv.Itoa(p.Queue.Running)
	}
	return fmt.Sprintf("%d/%d", p.Running, p.Concurrency)
}

func oldest(q operate.Queue) string {
	if q.Pending == 0 {
		return "-"
	}
	return short(q.Oldest.Duration())
}

func capped(n, limit int) string {
	if limit > 0 && n >= limit {
		return strconv.Itoa(limit) + "+"
	}
	return strconv.Itoa(n)
}

func number(n int) string {
	if n == 0 {
		return "-"
	}
	return strconv.Itoa(n)
}

// ago says how long something has been so.
func ago(since time.Time) string {
	if since.IsZero() {
		return "-"
	}
	return short(time.Since(since))
}

// short writes a time span with two units at most.
func short(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
}

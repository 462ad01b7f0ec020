package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode"

	"wgink.ink/wechat/internal/operate"
)

const deadListHelp = `
Usage: wechatctl plugin dead list [-config FILE | -socket PATH] [-plugin ID] [-code CODE] [-limit N] [-after PLACE] [-json]

Lists dead letters, the newest first: events that a plugin did not take and that are not tried again by themselves. The last
line names the place where the next page begins.` + hostsHelp

const deadShowHelp = `
Usage: wechatctl plugin dead show [-config FILE | -socket PATH] [-payload] [-json] EVENT

Tells what is known of an event, dead or not, and what became of it at each plugin. With -payload also its content, which
holds personal data: the host's log records that it was looked at.` + hostsHelp

const deadRequeueHelp = `
Usage: wechatctl plugin dead requeue [-config FILE | -socket PATH] EVENT PLUGIN
       wechatctl plugin dead requeue [-config FILE | -socket PATH] -all -plugin ID [-code CODE]

Hands a dead letter to its plugin again, or all dead letters of a plugin, or those with one code. The plugin sees the same
event id, marked as a replay.` + hostsHelp

func deadList(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "plugin dead list", deadListHelp)
	hosts := addHostFlags(flags)
	var f operate.DeadFilter
	flags.StringVar(&f.Plugin, "plugin", "", "only those of the plugin with this `id`")
	flags.StringVar(&f.Code, "code", "", "only those with this `code`")
	flags.IntVar(&f.Limit, "limit", 50, "at most `n`, up to 1000")
	after := flags.String("after", "", "go on at a `place` that the page before named")
	asJSON := flags.Bool("json", false, "print JSON")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return wrongArguments(flags, "no arguments")
	}
	f.After = operate.Place(*after)
	r, err := hosts.one(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	page, err := r.DeadLetters(ctx, f)
	if err != nil {
		return err
	}
	if *asJSON {
		return printJSON(t, page)
	}
	if len(page.Letters) == 0 {
		t.sayf("No dead letters.")
		return nil
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "EVENT\tPLUGIN\tAGE\tSUBJECT\tCODE\tREASON")
	for _, d := range page.Letters {
		_, _ = fmt.Fprintln(table, strings.Join([]string{d.Event, d.Plugin, ago(d.Since), d.Subject, d.Code, oneLine(d.Reason)}, "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if page.Next != "" {
		t.sayf("More: -after %s", page.Next)
	}
	return nil
}

// harmless keeps what a plugin wrote from spoiling a line, or the terminal.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// oneLine cuts what does not fit into a table.
func oneLine(text string) string {
	text = harmless(text)
	const most = 120
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

func deadShow(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "plugin dead show", deadShowHelp)
	hosts := addHostFlags(flags)
	payload := flags.Bool("payload", false, "show the content, too, with personal data in it")
	asJSON := flags.Bool("json", false, "print JSON")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return wrongArguments(flags, "EVENT")
	}
	r, err := hosts.one(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	e, err := r.Event(ctx, rest[0], *payload)
	if err != nil {
		return err
	}
	if *asJSON {
		return printJSON(t, e)
	}
	return printEvent(t, e)
}

func printEvent(t terminal, e operate.Event) error {
	t.sayf("Event %s  %s  %s  %s", e.ID, e.Kind, e.Subject, e.OccurredAt.Format("2006-01-02 15:04:05 MST"))
	if e.WeChatType != "" {
		t.sayf("Notice %s  %s, compared with our order: %t", e.NoticeID, e.WeChatType, e.Compared)
	}
	if e.Verdict != "ok" {
		t.sayf("Quarantined: %s", e.Verdict)
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "PLUGIN\tSTATE\tSINCE\tCLAIMS\tFAILURES\tCRASHES\tCODE\tREASON")
	for _, d := range e.Deliveries {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", d.Plugin, d.State, ago(d.UpdatedAt), d.Attempts, d.Failures,
			d.Crashes, d.Code, oneLine(d.Reason))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if e.Payload != "" {
		t.sayf("%s", e.Payload)
	}
	return nil
}

func deadRequeue(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "plugin dead requeue", deadRequeueHelp)
	hosts := addHostFlags(flags)
	all := flags.Bool("all", false, "all dead letters of a plugin")
	plugin := flags.String("plugin", "", "with -all: the plugin's `id`")
	code := flags.String("code", "", "with -all: only those with this `code`")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	single := len(rest) == 2 && !*all && *plugin == "" && *code == ""
	if many := len(rest) == 0 && *all && *plugin != ""; !single && !many {
		return wrongArguments(flags, "EVENT PLUGIN, or -all -plugin ID [-code CODE]")
	}
	r, err := hosts.one(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	if single {
		if err := r.Requeue(ctx, rest[0], rest[1]); err != nil {
			return err
		}
		t.sayf("Event %s is due at %s again.", rest[0], rest[1])
		return nil
	}
	n, err := r.RequeueAll(ctx, *plugin, *code)
	if err != nil {
		return err
	}
	t.sayf("%d events are due at %s again.", n, *plugin)
	return nil
}

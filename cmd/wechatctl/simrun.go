package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
	"wgink.ink/wechat/wechattest"
)

const runHelp = `
Usage: wechatctl sim run SCENARIO|FILE.yaml [flags]   play a script, beside those that play already
       wechatctl sim run [flags]                      show what plays and how often it struck
       wechatctl sim run -stop [flags]                end all scripts, and show what they did
       wechatctl sim run -list                        list the scenarios there are

Lets the running local WeChat misbehave as the real one sometimes does: notices that are lost, late, doubled or wrong,
answers that are cut, refused or never come. Scripts strike what sim trigger does, too. A file has the same form as the
scenarios: see wechattest/scenarios and the type Script of package wechattest.
`

func simRun(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "sim run", runHelp)
	sim := simFlag(t, flags)
	stop := flags.Bool("stop", false, "end all scripts")
	list := flags.Bool("list", false, "list the scenarios there are")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	var faults control.Faults
	switch {
	case len(rest) > 1 || (len(rest) == 1 && (*stop || *list)):
		return wrongArguments(flags, "SCENARIO|FILE.yaml, -stop or -list")
	case *list:
		return printScenarios(t)
	case *stop:
		err = sim.ask(ctx, http.MethodPost, "faults/stop", nil, &faults)
	case len(rest) == 1:
		var play control.Play
		if play, err = readPlay(rest[0]); err == nil {
			err = sim.ask(ctx, http.MethodPost, "faults", play, &faults)
		}
	default:
		err = sim.ask(ctx, http.MethodGet, "faults", nil, &faults)
	}
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "SCRIPT\tSTRUCK\tFAULT")
	for _, f := range faults.Playing {
		_, _ = fmt.Fprintf(w, "%s\t%d\t%s\n", f.Script, f.Struck, f.Fault)
	}
	return w.Flush()
}

// isFile tells a script's file from a scenario's name.
func isFile(name string) bool { return strings.ContainsAny(name, `./\`) }

func readPlay(name string) (control.Play, error) {
	if !isFile(name) {
		return control.Play{Scenario: name}, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return control.Play{}, fmt.Errorf("script: %w", err)
	}
	return control.Play{YAML: string(text)}, nil
}

// loadScript is a scenario by name, or a script from a file.
func loadScript(name string) (wechattest.Script, error) {
	if isFile(name) {
		text, err := os.ReadFile(name)
		if err != nil {
			return wechattest.Script{}, fmt.Errorf("-run: %w", err)
		}
		return wechattest.ParseScript(text)
	}
	all, err := wechattest.Scenarios()
	if err != nil {
		return wechattest.Script{}, err
	}
	script, known := all[name]
	if !known {
		return script, usageError{fmt.Sprintf("-run %s: no such scenario; wechatctl sim run -list shows them", name)}
	}
	return script, nil
}

func printScenarios(t terminal) error {
	all, err := wechattest.Scenarios()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	names := []string{}
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", name, all[name].About)
	}
	return w.Flush()
}

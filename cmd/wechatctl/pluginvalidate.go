package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"wgink.ink/wechat/cmd/wechatctl/internal/workshop"
	"wgink.ink/wechat/plugins/host"
)

const pluginValidateHelp = `
Usage: wechatctl plugin validate [-settings FILE] FOLDER

Checks a plugin's folder as a host does before a start: manifest, files, configuration against the schema. Then it builds
the plugin if the folder holds a Go program, starts it once under the real host, and hands it one sample event of each kind it
handles. It fails when anything is wrong; an event that the handler rejects or wants again is only told.
`

func pluginValidate(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "plugin validate", pluginValidateHelp)
	settings := flags.String("settings", "", "`file` with config, secrets and grant, as below plugins.enabled.<id>; without it "+
		workshop.SettingsName+" in the folder, if there is one")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return wrongArguments(flags, "FOLDER")
	}
	return validatePlugin(ctx, t, rest[0], cmp.Or(*settings, filepath.Join(rest[0], workshop.SettingsName)))
}

func validatePlugin(ctx context.Context, t terminal, dir, settings string) error {
	m, err := checkPlugin(t, dir)
	if err != nil {
		return err
	}
	p, err := workshop.Settings(settings, m)
	if err != nil {
		return err
	}
	trial, err := workshop.Start(ctx, dir, m, p, pluginLog(t.problems))
	if err != nil {
		return err
	}
	info := trial.Info()
	t.sayf("starts    ready, process %d", info.PID)
	if len(info.Granted)+len(info.Withheld) > 0 {
		t.sayf("may       %s; not granted: %s", listed(info.Granted), listed(info.Withheld))
	}
	err = deliverSamples(ctx, t, trial, m)
	return errors.Join(err, trial.Stop(ctx))
}

// checkPlugin checks the files. The executable of a Go program is built later.
func checkPlugin(t terminal, dir string) (host.Manifest, error) {
	m, notes, err := host.CheckFolder(dir)
	if m.ID != "" && workshop.HasGo(dir) {
		err = withoutExecutable(err, m)
	}
	if err != nil {
		return m, err
	}
	t.sayf("manifest  %s %s, handles %s", m.ID, m.Version, listed(m.Handles))
	for _, note := range notes {
		t.sayf("note      %s", note)
	}
	return m, nil
}

// withoutExecutable drops what is said about a file that was not built yet.
func withoutExecutable(err error, m host.Manifest) error {
	if err == nil {
		return nil
	}
	var left []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if !strings.Contains(line, filepath.FromSlash(m.Executables[workshop.Platform()])+": ") || m.Executables[workshop.Platform()] == "" {
			left = append(left, errors.New(line))
		}
	}
	return errors.Join(left...)
}

// deliverSamples shows the outcome of each event. What a handler says about an event is its own affair; that it cannot
// be asked is an error.
func deliverSamples(ctx context.Context, t terminal, trial *workshop.Trial, m host.Manifest) error {
	var problems []error
	events := workshop.Samples(m, time.Now())
	for _, ev := range events {
		began := time.Now()
		outcome := trial.Deliver(ctx, ev)
		t.sayf("event     %-20s %s  (%v)", ev.Type, workshop.Describe(outcome), time.Since(began).Round(100*time.Microsecond))
		broken := outcome.Result == host.Crashed || outcome.Result == host.NotReady
		if broken || slices.Contains([]string{"panic", "deadline"}, outcome.Code) {
			problems = append(problems, fmt.Errorf("%s: %s", ev.Type, workshop.Describe(outcome)))
		}
	}
	if len(events) == 0 {
		t.sayf("event     no sample fits %s", listed(m.Handles))
	}
	return errors.Join(problems...)
}

func listed[T ~string](items []T) string {
	if len(items) == 0 {
		return "none"
	}
	var words []string
	for _, item := range items {
		words = append(words, string(item))
	}
	return strings.Join(words, ", ")
}

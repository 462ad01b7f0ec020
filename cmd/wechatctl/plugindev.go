package main

import (
	"cmp"
	"context"
	"path/filepath"
	"time"

	"wgink.ink/wechat/cmd/wechatctl/internal/workshop"
)

const pluginDevHelp = `
Usage: wechatctl plugin dev [-settings FILE] FOLDER

Builds the plugin, runs it under the real host, and hands it a sample event of each kind it handles. It shows what the
plugin logs, what it asks the host, and what becomes of each event; the host's answers are made up. Whenever a file is
saved it begins anew. Ctrl-C ends it.
`

func pluginDev(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "plugin dev", pluginDevHelp)
	settings := flags.String("settings", "", "`file` with config, secrets and grant, as below plugins.enabled.<id>; without it "+
		workshop.SettingsName+" in the folder, if there is one")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return wrongArguments(flags, "FOLDER")
	}
	dir := rest[0]
	for ctx.Err() == nil {
		before, err := workshop.Fingerprint(dir)
		if err != nil {
			return err
		}
		t.sayf("── %s  building %s", time.Now().Format(time.TimeOnly), dir)
		trial, err := devRound(ctx, t, dir, cmp.Or(*settings, filepath.Join(dir, workshop.SettingsName)))
		if err != nil && ctx.Err() == nil {
			t.sayf("%v", err)
		}
		if ctx.Err() == nil {
			t.sayf("── waiting for a file to be saved")
			_ = workshop.AwaitChange(ctx, dir, before) // it fails only when ctx ended
		}
		if trial != nil {
			if err := trial.Stop(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// devRound starts the plugin, which goes on running, and hands it the samples.
func devRound(ctx context.Context, t terminal, dir, settings string) (*workshop.Trial, error) {
	m, err := checkPlugin(t, dir)
	if err != nil {
		return nil, err
	}
	p, err := workshop.Settings(settings, m)
	if err != nil {
		return nil, err
	}
	trial, err := workshop.Start(ctx, dir, m, p, pluginLog(t.out))
	if err != nil {
		return nil, err
	}
	return trial, deliverSamples(ctx, t, trial, m)
}

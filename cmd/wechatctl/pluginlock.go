package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/plugins/host"
)

const pluginLockHelp = `
Usage: wechatctl plugin lock -config FILE [-check]
       wechatctl plugin lock [-lock FILE] [-check] FOLDER…

Writes the hash of each plugin's folder to plugins.lock: of those that the host's configuration enables, or of the named
folders. In production a host runs nothing else. Review the file and commit it with the configuration. Other lines stay;
-prune removes them. With -check it writes nothing, and fails when the file does not say what lies there.
`

// pinned is a folder whose content shall be in the lock.
type pinned struct {
	host.Release
	folder string
}

func pluginLock(_ context.Context, t terminal, args []string) error {
	flags := newFlags(t, "plugin lock", pluginLockHelp)
	configuration := flags.String("config", "", "the host's configuration `file`")
	file := flags.String("lock", "", "lock `file`; without it the one the configuration means, else "+config.LockName)
	check := flags.Bool("check", false, "compare only")
	prune := flags.Bool("prune", false, "remove the lines of everything else")
	folders, err := parse(flags, args)
	if err != nil {
		return err
	}
	if (*configuration == "") == (len(folders) == 0) {
		return wrongArguments(flags, "-config FILE, or FOLDER…")
	}
	var all []pinned
	meant := config.LockName
	if *configuration != "" {
		all, meant, err = enabledPlugins(*configuration)
	} else {
		all, err = namedPlugins(folders)
	}
	if err != nil {
		return err
	}
	return writeLock(t, all, cmp.Or(*file, meant), *check, *prune)
}

// enabledPlugins reads what the configuration says about plugins. Whether the rest of it is right does not matter here:
// merchant keys and passwords need not be where plugins are pinned.
func enabledPlugins(file string) (all []pinned, lock string, err error) {
	cfg, err := config.Load(file)
	if problems, ok := errors.AsType[*config.Error](err); ok {
		problems.Problems = slices.DeleteFunc(problems.Problems, func(p config.Problem) bool {
			return p.Key == "" || !strings.HasPrefix(p.Key, "plugins.") || strings.Contains(p.Key, ".secrets.")
		})
		if len(problems.Problems) == 0 {
			err = nil
		}
	}
	if err != nil {
		return nil, "", err
	}
	if len(cfg.Plugins.Enabled) == 0 {
		return nil, "", fmt.Errorf("%s enables no plugin", file)
	}
	for _, id := range slices.Sorted(maps.Keys(cfg.Plugins.Enabled)) {
		enabled := cfg.Plugins.Enabled[id]
		for _, version := range slices.Compact([]string{enabled.Version, enabled.Canary.Version}) {
			if version != "" { // no canary
				all = append(all, pinned{host.Release{ID: id, Version: version}, filepath.Join(cfg.Plugins.Dir, id, version)})
			}
		}
	}
	return all, cfg.Plugins.Lock, nil
}

func namedPlugins(folders []string) (all []pinned, err error) {
	for _, folder := range folders {
		m, _, problem := host.CheckFolder(folder)
		err = errors.Join(err, problem)
		all = append(all, pinned{host.Release{ID: m.ID, Version: m.Version}, folder})
	}
	return all, err
}

func writeLock(t terminal, all []pinned, file string, check, prune bool) error {
	before, err := host.ReadLock(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	after := maps.Clone(before)
	if prune || after == nil {
		after = host.Lock{}
	}
	var problems []error
	for _, p := range all {
		sum, err := host.HashFolder(p.folder)
		if err != nil {
			problems = append(problems, fmt.Errorf("plugin %s: %w", p.ID, err))
			continue
		}
		word := "same"
		switch was, known := before[p.Release]; {
		case !known:
			word = "new"
		case was != sum:
			word = "changed"
		}
		if word != "same" && check {
			problems = append(problems, fmt.Errorf("plugin %s %s: %s does not have %s", p.ID, p.Version, file, sum))
		}
		t.sayf("%s %s %s  %s", p.ID, p.Version, sum, word)
		after[p.Release] = sum
	}
	if err := errors.Join(problems...); err != nil || check {
		return err
	}
	if err := after.Write(file); err != nil {
		return fmt.Errorf("write the lock: %w", err)
	}
	t.sayf("Wrote %s. Review it and commit it with the configuration.", file)
	return nil
}

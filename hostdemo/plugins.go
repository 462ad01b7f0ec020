package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"wgink.ink/wechat/plugins/host"
)

const modulePath = "wgink.ink/wechat"

// pluginFolder is where the plugins of a data folder are built.
func pluginFolder(data string) string { return filepath.Join(data, "plugins") }

// samplePlugins are the folders below hostdemo/plugins.
func samplePlugins() []string { return []string{"ledger", "members"} }

// buildPlugins lays the sample plugins out as operators would, <folder>/<id>/<version>/{plugin.yaml,bin/…}, and builds
// those that are missing or older than their sources.
func buildPlugins(ctx context.Context, folder string, say func(string, ...any)) error {
	sources, err := sourceRoot()
	if err != nil {
		return err
	}
	for _, id := range samplePlugins() {
		if err := buildPlugin(ctx, sources, folder, id, say); err != nil {
			return fmt.Errorf("plugin %s: %w", id, err)
		}
	}
	return nil
}

func buildPlugin(ctx context.Context, sources, folder, id string, say func(string, ...any)) error {
	source := filepath.Join(sources, "hostdemo", "plugins", id)
	text, err := os.ReadFile(filepath.Join(source, host.ManifestName))
	if err != nil {
		return err
	}
	manifest, err := host.ParseManifest(text)
	if err != nil {
		return fmt.Errorf("%s: %w", host.ManifestName, err)
	}
	platform := runtime.GOOS + "-" + runtime.GOARCH
	executable, ok := manifest.Executables[platform]
	if !ok {
		return fmt.Errorf("%s names no executable for %s: add one there", filepath.Join(source, host.ManifestName), platform)
	}
	target := filepath.Join(folder, id, manifest.Version)
	binary := filepath.Join(target, filepath.FromSlash(executable))
	fresh, err := upToDate(binary, sources, source)
	if err != nil {
		return err
	}
	if !fresh {
		say("Building plugin %s %s … (the first time takes a minute)", id, manifest.Version)
		if err := goBuild(ctx, sources, source, binary, manifest.Version); err != nil {
			return err
		}
	}
	return replaceFile(filepath.Join(target, host.ManifestName), text)
}

// upToDate compares the binary's time with everything it is made of.
func upToDate(binary, sources, source string) (bool, error) {
	built, err := os.Stat(binary)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	newest := time.Time{}
	for _, root := range []string{source, filepath.Join(sources, "plugins", "sdk"), filepath.Join(sources, "plugins", "pluginv1"),
		filepath.Join(sources, "plugins", "internal"), filepath.Join(sources, "go.mod"), filepath.Join(sources, "go.sum")} {
		err := filepath.WalkDir(root, func(_ string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := entry.Info()
			if err == nil && !entry.IsDir() && info.ModTime().After(newest) {
				newest = info.ModTime()
			}
			return err
		})
		if err != nil {
			return false, fmt.Errorf("look for newer sources: %w", err)
		}
	}
	return !built.ModTime().Before(newest), nil
}

// goBuild builds beside the target and then moves: a program that runs now keeps its file, and an interrupted build
// leaves none. The binary gets the time at which the build began, so that a source saved meanwhile counts as newer.
func goBuild(ctx context.Context, sources, source, binary, version string) error {
	if err := os.MkdirAll(filepath.Dir(binary), 0o700); err != nil {
		return err
	}
	began := time.Now()
	fresh := fmt.Sprintf("%s.%d.new", binary, os.Getpid())
	defer func() { _ = os.Remove(fresh) }()
	build := exec.CommandContext(ctx, "go", "build", "-trimpath",
		"-ldflags", "-s -w -X "+modulePath+"/plugins/sdk.version="+version, "-o", fresh, source)
	build.Dir = sources
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("the go command is not in PATH: install Go from https://go.dev/dl, the plugins are built with it")
	case ctx.Err() != nil:
		return fmt.Errorf("the build was interrupted: %w", context.Cause(ctx))
	case err != nil:
		return fmt.Errorf("%s: %w\n%s", strings.Join(build.Args, " "), err, output)
	}
	if err := os.Chtimes(fresh, began, began); err != nil {
		return err
	}
	return os.Rename(fresh, binary)
}

// replaceFile writes a file in one step, if it is not there as wanted.
func replaceFile(name string, text []byte) error {
	if have, err := os.ReadFile(name); err == nil && string(have) == string(text) {
		return nil
	}
	fresh := fmt.Sprintf("%s.%d.new", name, os.Getpid())
	if err := os.WriteFile(fresh, text, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, name)
}

// sourceRoot finds the checkout this program was made of, from the working directory upwards.
func sourceRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for folder := start; ; folder = filepath.Dir(folder) {
		text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+modulePath+"\n") {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("the sources of %s are not in %s or above it; the plugins are built from them: "+
				"start the demo inside the checkout, with go run ./hostdemo", modulePath, start)
		}
	}
}

package main

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"wgink.ink/wechat/cmd/wechatctl/internal/workshop"
	"wgink.ink/wechat/config"
)

const pluginNewHelp = `
Usage: wechatctl plugin new [-dir FOLDER] [-module PATH] [-replace FOLDER] NAME

Begins a plugin: a Go module in a new folder, with a handler and its test, manifest, schema, Makefile and README. Its tests
pass at once, without a network when the module cache has what the WeChat module needs:

  wechatctl plugin new points && cd points && go test ./...
`

//go:embed plugintemplate
var pluginTemplate embed.FS

func pluginNew(_ context.Context, t terminal, args []string) error {
	flags := newFlags(t, "plugin new", pluginNewHelp)
	dir := flags.String("dir", "", "`folder` to make; without it NAME")
	module := flags.String("module", "", "Go module `path`; without it wechat-plugins/NAME")
	replace := flags.String("replace", "", "use the WeChat module in this `folder` instead of a published version; without it the "+
		"checkout around the working directory, or the one that wechatctl was built from")
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return wrongArguments(flags, "NAME")
	}
	name := names[0]
	if !config.ValidPluginID(name) {
		return usageError{fmt.Sprintf("%q is no plugin id: want 1 to 41 lower-case letters, digits or dashes, beginning with a letter", name)}
	}
	source, err := findModule(*replace)
	if err != nil {
		return err
	}
	target := cmp.Or(*dir, name)
	// Not the bare name: go takes sync, log or cmd for its own.
	files, err := newPlugin(name, cmp.Or(*module, "wechat-plugins/"+name), source)
	if err != nil {
		return err
	}
	if err := writeNew(target, files); err != nil {
		return err
	}
	tidy := ""
	if source.checkout == "" {
		tidy = "  go mod tidy\n"
	}
	t.sayf("Made %s. Next:\n\n  cd %s\n%s  go test ./...\n  go tool wechatctl plugin dev .", target, target, tidy)
	return nil
}

// newPlugin renders the files by their names.
func newPlugin(name, module string, source moduleSource) (map[string][]byte, error) {
	platforms := []string{"linux-amd64", "linux-arm64"}
	if !slices.Contains(platforms, workshop.Platform()) {
		platforms = append(platforms, workshop.Platform())
	}
	values := struct {
		Name      string
		Platforms []string
	}{name, platforms}
	files := map[string][]byte{}
	var err error
	if files["go.mod"], files["go.sum"], err = source.goMod(module); err != nil {
		return nil, err
	}
	all, err := template.ParseFS(pluginTemplate, "plugintemplate/*.tmpl")
	if err != nil {
		return nil, err
	}
	for _, one := range all.Templates() {
		var text bytes.Buffer
		if err := one.Execute(&text, values); err != nil {
			return nil, err
		}
		file := strings.TrimSuffix(one.Name(), ".tmpl")
		if file == "gitignore" {
			file = ".gitignore"
		}
		files[file] = text.Bytes()
	}
	return files, nil
}

// writeNew makes the folder. One that holds something is left alone.
func writeNew(target string, files map[string][]byte) error {
	entries, err := os.ReadDir(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s exists and is not empty", target)
	}
	if err := os.MkdirAll(target, 0o755); err != nil { //nolint:gosec // source code, as git would make it
		return err
	}
	for name, text := range files {
		if len(text) == 0 {
			continue // no go.sum without a checkout
		}
		if err := os.WriteFile(filepath.Join(target, name), text, 0o644); err != nil { //nolint:gosec // as above
			return err
		}
	}
	return nil
}

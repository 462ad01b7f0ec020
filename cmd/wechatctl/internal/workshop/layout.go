package workshop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"wgink.ink/wechat/plugins/host"
)

// HasGo says whether the folder holds a Go program, which is built before it runs.
func HasGo(dir string) bool {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	return err == nil && len(files) > 0
}

// Lay makes <plugins>/<id>/<version> of a plugin's folder: a copy of its files, without Go sources and hidden folders.
// Of a Go program it also builds the executable.
func Lay(ctx context.Context, dir, plugins string, m host.Manifest) error {
	target := filepath.Join(plugins, m.ID, m.Version)
	if err := copyFiles(dir, target); err != nil {
		return err
	}
	executable, ok := m.Executables[Platform()]
	if !ok || !filepath.IsLocal(filepath.FromSlash(executable)) {
		return fmt.Errorf("%s: executables: none for %s", host.ManifestName, Platform())
	}
	if !HasGo(dir) {
		return nil
	}
	return build(ctx, dir, filepath.Join(target, filepath.FromSlash(executable)), m.Version)
}

// Platform is this machine's, as manifests write it.
func Platform() string { return runtime.GOOS + "-" + runtime.GOARCH }

func build(ctx context.Context, dir, executable, version string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath",
		"-ldflags", "-s -w -X wgink.ink/wechat/plugins/sdk.version="+version, "-o", executable, ".")
	command.Dir = dir
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := command.CombinedOutput()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("the go command is not in PATH: install Go from https://go.dev/dl")
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("go build: %w\n%s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

// skipped says what of a folder no plugin needs to run.
func skipped(name string, entry fs.DirEntry) bool {
	base := filepath.Base(name)
	if entry.IsDir() {
		return name != "." && (strings.HasPrefix(base, ".") || name == "dist")
	}
	return strings.HasSuffix(base, ".go") || base == "go.mod" || base == "go.sum"
}

func copyFiles(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case skipped(name, entry) && entry.IsDir():
			return fs.SkipDir
		case skipped(name, entry):
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		case !entry.Type().IsRegular():
			return fmt.Errorf("%s is no regular file", path)
		}
		return copyFile(path, filepath.Join(to, name))
	})
}

func copyFile(from, to string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

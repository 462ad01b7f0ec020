package plugintest

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/plugins/host"
)

// readyLimit is how long a plugin may take to start, on a machine busy with other tests.
const readyLimit = 60 * time.Second

// Process builds the plugin in dir, a main package with its plugin.yaml beside it, and runs it as a process under the real
// supervisor until the test ends. One such test for each plugin shows that manifest, schema, configuration and program fit
// together; what the handler does is tested faster with New.
//
// A folder without Go files, such as that of a plugin in another language, is run as it is. Without Grant the plugin gets
// every permission its manifest asks for.
func Process(t testing.TB, dir string, opts ...Option) *Harness {
	t.Helper()
	set := newSettings(t, opts)
	base, err := os.MkdirTemp("", "wx") //nolint:usetesting // short: the paths of sockets are limited
	if err != nil {
		t.Fatalf("plugintest: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	m := layOut(t, dir, filepath.Join(base, "plugins"))
	enabled := config.Plugin{
		Version: m.Version, Grant: m.Permissions,
		Limits: config.Limits{Timeout: set.timeout, Concurrency: set.concurrency}, Secrets: map[string]config.Secret{},
	}
	if set.granted != nil {
		enabled.Grant = set.granted
	}
	if set.values != nil {
		enabled.Config = set.values
	}
	for name, value := range set.secrets {
		enabled.Secrets[name] = config.Secret(value)
	}
	supervised, err := host.New(config.Plugins{
		Dir: filepath.Join(base, "plugins"), RunDir: filepath.Join(base, "run"), Mode: config.PluginsDev,
		Enabled: map[string]config.Plugin{m.ID: enabled},
	}, host.Options{Logger: testLogger(t), Services: set.fake.services()})
	if err != nil {
		t.Fatalf("plugintest: %v", err)
	}
	start(t, supervised)
	return &Harness{t: t, set: set, deliver: func(ctx context.Context, ev host.Event) Outcome {
		return supervised.Deliver(ctx, m.ID, ev)
	}}
}

func start(t testing.TB, h *host.Host) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), readyLimit)
	defer cancel()
	if err := h.Start(ctx); err != nil {
		t.Fatalf("plugintest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		if err := h.Stop(ctx); err != nil {
			t.Errorf("plugintest: %v", err)
		}
	})
	if err := h.WaitReady(ctx); err != nil {
		t.Fatalf("plugintest: %v", err)
	}
}

// layOut makes <plugins>/<id>/<version>/ from the source folder, as a release does.
func layOut(t testing.TB, dir, plugins string) host.Manifest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, host.ManifestName))
	if err != nil {
		t.Fatalf("plugintest: %v", err)
	}
	m, err := host.ParseManifest(text)
	if err != nil {
		t.Fatalf("plugintest: %s: %v", host.ManifestName, err)
	}
	folder := filepath.Join(plugins, m.ID, m.Version)
	isGo := copyFolder(t, dir, folder)
	platform := runtime.GOOS + "-" + runtime.GOARCH
	executable := m.Executables[platform]
	if executable == "" {
		t.Fatalf("plugintest: %s: executables names no file for %s", host.ManifestName, platform)
	}
	if isGo {
		build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(folder, executable),
			"-ldflags", "-X wgink.ink/wechat/plugins/sdk.version="+m.Version, ".")
		build.Dir = dir
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("plugintest: go build: %v\n%s", err, out)
		}
	}
	return m
}

// copyFolder copies what a release holds: everything but sources, hidden files and symbolic links. It tells whether there
// is a Go program.
func copyFolder(t testing.TB, from, to string) (isGo bool) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		source := strings.HasSuffix(path, ".go") || entry.Name() == "go.mod" || entry.Name() == "go.sum"
		isGo = isGo || strings.HasSuffix(relative, ".go") && filepath.Dir(relative) == "."
		switch {
		case entry.IsDir() && relative != "." && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, relative), 0o750)
		case source, !entry.Type().IsRegular(), strings.HasPrefix(entry.Name(), "."):
			return nil
		}
		content, err := os.ReadFile(path) //nolint:gosec // the source folder of the plugin under test
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, relative), content, 0o600)
	})
	if err = cmp.Or(err, os.MkdirAll(to, 0o750)); err != nil {
		t.Fatalf("plugintest: %v", err)
	}
	return isGo
}

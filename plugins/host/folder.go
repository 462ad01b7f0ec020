package host

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// pluginFolder is <plugins.dir>/<id>/<version>. Its errors name the plugin and the file.
type pluginFolder struct {
	root        *os.Root
	id, version string
}

func (f pluginFolder) path(name string) string {
	return filepath.Join(f.root.Name(), f.id, f.version, name)
}

func (f pluginFolder) problem(name string, err error) error {
	return fmt.Errorf("plugin %s: %s: %w", f.id, f.path(name), err)
}

// manifest reads and checks plugin.yaml.
func (f pluginFolder) manifest() (Manifest, error) {
	text, err := f.root.ReadFile(filepath.Join(f.id, f.version, ManifestName))
	if err != nil {
		return Manifest{}, f.problem(ManifestName, bare(err))
	}
	m, err := ParseManifest(text)
	if err != nil {
		var each []error
		for line := range strings.SplitSeq(err.Error(), "\n") {
			each = append(each, f.problem(ManifestName, errors.New(line)))
		}
		return m, errors.Join(each...)
	}
	var problems []error
	if m.ID != f.id {
		problems = append(problems, f.problem(ManifestName, fmt.Errorf("id %q is not the folder's %q", m.ID, f.id)))
	}
	if m.Version != f.version {
		problems = append(problems, f.problem(ManifestName, fmt.Errorf("version %q is not the folder's %q", m.Version, f.version)))
	}
	return m, errors.Join(problems...)
}

// executable finds the file for this platform and checks that nobody but its owner can have put it there: it lies in
// the folder, also after following symbolic links, and not everyone may write to it or to a folder above it.
func (f pluginFolder) executable(m Manifest) (string, error) {
	name, ok := m.Executables[platform()]
	if !ok {
		return "", f.problem(ManifestName, fmt.Errorf("executables: none for %s, only for %s", platform(),
			strings.Join(slices.Sorted(maps.Keys(m.Executables)), ", ")))
	}
	name = filepath.FromSlash(name)
	if !filepath.IsLocal(name) {
		return "", f.problem(ManifestName, fmt.Errorf("executables: %q leaves the plugin's folder", name))
	}
	folder, err := f.root.OpenRoot(filepath.Join(f.id, f.version))
	if err != nil {
		return "", f.problem("", bare(err))
	}
	defer func() { _ = folder.Close() }()
	info, err := folder.Stat(name) // refuses links that leave the folder
	if err != nil {
		return "", f.problem(name, bare(err))
	}
	var problems []error
	if !info.Mode().IsRegular() {
		problems = append(problems, f.problem(name, errors.New("is no regular file")))
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o111 == 0 {
		problems = append(problems, f.problem(name, errors.New("is not executable; chmod a+x it")))
	}
	if worldWritable(info) {
		problems = append(problems, f.problem(name, errors.New("may be written by everyone; chmod o-w it")))
	}
	for _, above := range []string{".", f.id, filepath.Join(f.id, f.version)} {
		if info, err := f.root.Stat(above); err == nil && worldWritable(info) {
			problems = append(problems, fmt.Errorf("plugin %s: %s: may be written by everyone; chmod o-w it", f.id,
				filepath.Join(f.root.Name(), above)))
		}
	}
	return f.path(name), errors.Join(problems...)
}

// worldWritable is never true on Windows, where mode bits do not say it.
func worldWritable(info fs.FileInfo) bool {
	return runtime.GOOS != "windows" && info.Mode().Perm()&0o002 != 0
}

// bare drops the path os puts into an error; problem has the whole one.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

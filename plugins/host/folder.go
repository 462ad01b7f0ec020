package host

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
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

// CheckFolder checks a plugin's folder by itself, wherever it lies: the manifest, the executable for this platform, the
// schema, and that there are only files and folders. The error joins every problem; notes tell what a host outside mode
// dev would refuse about modes.
func CheckFolder(dir string) (m Manifest, notes []string, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return m, nil, err
	}
	root, err := os.OpenRoot(filepath.Dir(abs))
	if err != nil {
		return m, nil, err
	}
	defer func() { _ = root.Close() }()
	f := pluginFolder{root: root, id: filepath.Base(abs), version: "."}
	if m, _, err = f.parse(); err != nil {
		return m, nil, err
	}
	_, executableErr := f.executable(m)
	_, kindErr := f.inspect(trust{dev: true})
	err = errors.Join(executableErr, kindErr)
	if m.ConfigSchema != "" {
		if _, schemaErr := f.schema(m.ConfigSchema); schemaErr != nil {
			err = errors.Join(err, f.problem(m.ConfigSchema, schemaErr))
		}
	}
	if _, modes := f.inspect(trust{}); modes != nil && kindErr == nil {
		notes = strings.Split(modes.Error(), "\n")
	}
	return m, notes, err
}

// manifest reads and checks plugin.yaml, and returns its text, too.
func (f pluginFolder) manifest() (m Manifest, text string, err error) {
	m, text, err = f.parse()
	if err != nil {
		return m, "", err
	}
	var problems []error
	if m.ID != f.id {
		problems = append(problems, f.problem(ManifestName, fmt.Errorf("id %q is not the folder's %q", m.ID, f.id)))
	}
	if m.Version != f.version {
		problems = append(problems, f.problem(ManifestName, fmt.Errorf("version %q is not the folder's %q", m.Version, f.version)))
	}
	return m, text, errors.Join(problems...)
}

func (f pluginFolder) parse() (m Manifest, text string, err error) {
	content, err := f.read(ManifestName)
	if err != nil {
		return m, "", f.problem(ManifestName, err)
	}
	if m, err = ParseManifest(content); err != nil {
		var each []error
		for line := range strings.SplitSeq(err.Error(), "\n") {
			each = append(each, f.problem(ManifestName, errors.New(line)))
		}
		return m, "", errors.Join(each...)
	}
	return m, string(content), nil
}

// readMax bounds a manifest and a schema, in bytes.
const readMax = 1 << 20

// read reads a small file below the folder. What is no file is refused without waiting for it.
func (f pluginFolder) read(name string) ([]byte, error) {
	file, err := openRegular(f.root, filepath.Join(f.id, f.version, name))
	if err != nil {
		return nil, bare(err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, readMax+1))
	if err == nil && len(content) > readMax {
		err = fmt.Errorf("has more than %d bytes", readMax)
	}
	return content, err
}

// executable finds the file for this platform, by its name below the folder.
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
	info, err := f.root.Lstat(filepath.Join(f.id, f.version, name))
	switch {
	case err != nil:
		return "", f.problem(name, bare(err))
	case !info.Mode().IsRegular():
		return "", f.problem(name, errors.New("is no regular file"))
	}
	return name, nil
}

// bare drops the path os puts into an error; problem has the whole one.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"wgink.ink/wechat/config"
)

// trust says which files the host runs. In production only what plugins.lock pins, in folders that the host's own user
// cannot change; in mode dev whatever lies there; else the lock counts if there is one, and an owner is only warned of.
type trust struct {
	dev, production bool
	user            int    // the host's
	file            string // of the lock; empty when none is configured
	lock            Lock   // nil when the file does not exist, or nobody asks it
}

const lockHint = "run wechatctl plugin lock, review what it wrote and commit it with the configuration"

func newTrust(cfg config.Plugins, production bool) (trust, error) {
	t := trust{dev: cfg.Mode == config.PluginsDev, production: production, user: os.Getuid()}
	if t.dev {
		if production {
			return t, errors.New("plugins.mode: dev runs unchecked files and is refused in production")
		}
		return t, nil
	}
	if cfg.Lock == "" {
		if production {
			return t, errors.New("plugins.lock: is required in production: name the file; " + lockHint)
		}
		return t, nil
	}
	var err error
	if t.file, err = filepath.Abs(cfg.Lock); err != nil {
		return t, fmt.Errorf("plugins.lock: %w", err)
	}
	if dir, err := filepath.Abs(cfg.Dir); err == nil {
		if inside, err := filepath.Rel(dir, t.file); err == nil && filepath.IsLocal(inside) {
			return t, fmt.Errorf("plugins.lock: %s lies in plugins.dir, where whoever changes a plugin can change it, too; "+
				"put it beside the configuration", t.file)
		}
	}
	info, err := os.Stat(t.file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !production:
		return t, nil
	case errors.Is(err, fs.ErrNotExist):
		return t, fmt.Errorf("plugins.lock: %s does not exist, and in production no plugin runs without it; %s", t.file, lockHint)
	case err != nil:
		return t, fmt.Errorf("plugins.lock: %w", err)
	case othersMayWrite(info):
		return t, fmt.Errorf("plugins.lock: %s may be written by others than its owner; chmod go-w it", t.file)
	}
	if t.lock, err = ReadLock(t.file); err != nil {
		return t, fmt.Errorf("plugins.lock: %w", err)
	}
	return t, nil
}

// warning is what the operator should know about the mode; empty when nothing.
func (t trust) warning() string {
	switch {
	case t.dev:
		return "plugins run unchecked: plugins.mode is dev"
	case t.lock == nil:
		return "plugins run unpinned: there is no plugins.lock; production insists on it"
	default:
		return ""
	}
}

// expected is the hash the folder must have; empty when any will do.
func (t trust) expected(id, version string) (string, error) {
	if t.lock == nil {
		return "", nil
	}
	if sum, ok := t.lock[Release{ID: id, Version: version}]; ok {
		return sum, nil
	}
	return "", fmt.Errorf("plugin %s: %s has no line for version %s; if it may run, %s", id, t.file, version, lockHint)
}

// inspect looks at everything in the plugin's folder and at the folders above it: only files and folders, writable by
// their owner alone, who is not the host's user, so that neither the host nor a plugin of it can change them.
func (f pluginFolder) inspect(t trust) (warnings []string, err error) {
	folder, err := f.root.OpenRoot(filepath.Join(f.id, f.version))
	if err != nil {
		return nil, f.problem("", bare(err))
	}
	defer func() { _ = folder.Close() }()
	_, err = listFiles(folder)
	if t.dev {
		return nil, f.each(err)
	}
	var modes, owners problemList
	look := func(path string, info fs.FileInfo) {
		if othersMayWrite(info) {
			modes.addf("%s: may be written by others than its owner; chmod go-w it", path)
		}
		if t.user != 0 && ownedBy(info, t.user) { // root owns everything
			owners.addf("%s: belongs to this host's own user, who could change it; give it to root or a user for deployments", path)
		}
	}
	for _, above := range f.above() {
		if info, err := f.root.Stat(above); err == nil {
			look(filepath.Join(f.root.Name(), above), info)
		}
	}
	walkErr := fs.WalkDir(folder.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 { // a link's own mode says nothing
			return err
		}
		info, err := entry.Info()
		if err == nil {
			look(f.path(name), info)
		}
		return err
	})
	err = errors.Join(err, walkErr, modes.join())
	switch owned := owners.join(); {
	case owned != nil && t.production:
		err = errors.Join(err, owned)
	case owned != nil:
		warnings = append(warnings, strings.ReplaceAll(owned.Error(), "\n", "; "))
	}
	return warnings, f.each(err)
}

// above lists the folders above the plugin's that are its own.
func (f pluginFolder) above() []string {
	if f.version == "." { // it does not lie in plugins.dir
		return nil
	}
	return []string{".", f.id}
}

// each names the plugin in every one of joined errors.
func (f pluginFolder) each(err error) error {
	if err == nil {
		return nil
	}
	var all []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		all = append(all, fmt.Errorf("plugin %s: %s", f.id, line))
	}
	return errors.Join(all...)
}

package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"wgink.ink/wechat/config"
)

// PrivateDir is the folder below plugins.run-dir, mode 0700, that belongs to this running host alone. It is made if no
// plugin needed it so far, and goes when the host stops; what a killed host left, the next one sweeps.
func (h *Host) PrivateDir() (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.phase != phaseRunning {
		return "", errNotRunning
	}
	if h.runDirBase == "" {
		base, err := runDirBase(h.cfg.RunDir)
		if err != nil {
			return "", err
		}
		h.runDirBase = base
	}
	if err := h.makeDir(); err != nil {
		return "", err
	}
	return h.around.dir.path, nil
}

// PrivateDirs lists the private folders of all hosts that share the configured run folder, also of those that were killed.
// It fails when somebody else could have put folders there.
func PrivateDirs(cfg config.Plugins) ([]string, error) {
	base, err := runDirBase(cfg.RunDir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(base)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("plugins.run-dir: %w", err)
	}
	// Root may look into the folder of any user that the configuration names.
	if cfg.RunDir == "" || os.Getuid() != 0 {
		if err := checkOwner(base); err != nil {
			return nil, fmt.Errorf("plugins.run-dir: %s: %w", base, err)
		}
	}
	var dirs []string
	for _, e := range entries {
		if e.IsDir() && privateName(e.Name()) {
			dirs = append(dirs, filepath.Join(base, e.Name()))
		}
	}
	return dirs, nil
}

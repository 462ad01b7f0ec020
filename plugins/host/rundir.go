package host

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// runDir is one host's private folder, mode 0700, for the sockets, work folders and copies of its plugins. It is removed when
// the host stops; what a killed host left is swept by the next one, which knows by the lock that nobody uses it.
type runDir struct {
	path string
	lock io.Closer

	mu     sync.Mutex
	copies []stagedCopy // the last used at the end
}

// socketRoom is what a socket's path adds to the run directory's: /h1a2b, then go-plugin's /plugin-dirN and /pluginN
// with up to ten digits each.
const socketRoom = len("/h1a2b") + len("/plugin-dir1234567890") + len("/plugin1234567890")

// runDirBase is the configured folder, or the default.
func runDirBase(configured string) (string, error) {
	if configured == "" {
		configured = filepath.Join(os.TempDir(), "wechat"+strconv.Itoa(max(os.Getuid(), 0)))
	}
	base, err := filepath.Abs(configured)
	if err != nil {
		return "", fmt.Errorf("plugins.run-dir: %w", err)
	}
	limit := 103
	if runtime.GOOS == "linux" {
		limit = 107
	}
	if room := limit - socketRoom; runtime.GOOS != "windows" && len(base) > room {
		return "", fmt.Errorf("plugins.run-dir: %s has %d bytes; at most %d fit, because the path of a unix socket is limited",
			base, len(base), room)
	}
	return base, nil
}

// newRunDir makes the private folder below base and sweeps what killed hosts left there.
func newRunDir(base string) (*runDir, error) {
	if err := os.MkdirAll(base, 0o700); err != nil {
		return nil, fmt.Errorf("plugins.run-dir: %w", err)
	}
	if err := checkOwner(base); err != nil {
		return nil, fmt.Errorf("plugins.run-dir: %s: %w", base, err)
	}
	sweep(base)
	fresh, err := os.MkdirTemp(base, ".new")
	if err != nil {
		return nil, fmt.Errorf("plugins.run-dir: %w", err)
	}
	lock, err := lockDir(fresh)
	if err != nil {
		return nil, fmt.Errorf("plugins.run-dir: lock %s: %w", fresh, err)
	}
	// Only a locked folder gets a name that sweep looks at.
	for range 100 {
		path := filepath.Join(base, "h"+strings.ToLower(rand.Text()[:4]))
		if err = os.Rename(fresh, path); err == nil {
			return &runDir{path: path, lock: lock}, nil
		}
	}
	_ = lock.Close()
	_ = os.RemoveAll(fresh)
	return nil, fmt.Errorf("plugins.run-dir: %w", err)
}

// work makes an empty work folder for one process of a plugin; during a hot swap a plugin has two.
func (d *runDir) work(id string) (string, error) {
	path, err := os.MkdirTemp(d.path, id+".")
	if err != nil {
		return "", fmt.Errorf("make work folder: %w", err)
	}
	return path, nil
}

func (d *runDir) close() error {
	path := d.path
	// Under another name, where the system allows it: a host that starts meanwhile looks for folders to sweep, and would make
	// the lock anew in one that is being removed.
	if away := filepath.Join(filepath.Dir(path), ".new-"+filepath.Base(path)); os.Rename(path, away) == nil {
		path = away
	}
	err := os.RemoveAll(path)
	_ = d.lock.Close()
	return err
}

func sweep(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(base, e.Name())
		info, err := e.Info()
		if err != nil || !e.IsDir() {
			continue
		}
		if privateName(e.Name()) {
			if lock, err := lockLeft(path); err == nil {
				killLeftovers(path)
				_ = os.RemoveAll(path)
				_ = lock.Close()
			}
		} else if matched, _ := filepath.Match(".new*", e.Name()); matched && time.Since(info.ModTime()) > time.Hour {
			_ = os.RemoveAll(path)
		}
	}
}

// privateName tells whether a folder below the run folder is one host's.
func privateName(name string) bool { return regexp.MustCompile(`^h[a-z2-7]{4}$`).MatchString(name) }

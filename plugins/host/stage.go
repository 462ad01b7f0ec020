package host

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"
)

// stagedFolder holds the copies below a host's private folder. No plugin's id begins with a dot.
const stagedFolder = ".copies"

// stagedKept is how many copies of one plugin stay, beside more that are in use: the one that runs, a new one that shall
// replace it, and one that still finishes its work.
const stagedKept = 3

// stagedCopy is a copy of a plugin's folder that this host made.
type stagedCopy struct {
	plan *plan // the first it was made for
	sum  string
	path string

	processes int  // that run from it
	worked    bool // a process from it became ready
}

// stage gives the path of the executable in a private copy of the plugin's folder. The copy is hashed while it is made,
// and it is what runs: a file that somebody swaps after the check changes nothing. A copy serves all later starts of the
// same plan, and of others with the same content. It stays until release.
func (d *runDir) stage(ctx context.Context, p *plan) (executable string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := slices.IndexFunc(d.copies, func(c stagedCopy) bool {
		return c.plan == p || p.sum != "" && c.plan.id == p.id && c.sum == p.sum
	})
	if at < 0 {
		fresh, err := d.copyFolder(ctx, p)
		if err != nil {
			return "", err
		}
		if at = slices.IndexFunc(d.copies, func(c stagedCopy) bool { return c.path == fresh.path }); at < 0 {
			d.copies = append(d.copies, fresh)
			at = len(d.copies) - 1
		}
	}
	used := d.copies[at]
	d.copies = append(slices.Delete(d.copies, at, at+1), used)
	defer d.dropOld(p.id)
	if err := used.check(p); err != nil {
		return "", err
	}
	d.copies[len(d.copies)-1].processes++
	return filepath.Join(used.path, filepath.FromSlash(p.executable)), nil
}

// check finds a manifest that was another one when the host read it.
func (c stagedCopy) check(p *plan) error {
	text, err := os.ReadFile(filepath.Join(c.path, ManifestName))
	if err != nil {
		return err
	}
	if string(text) != p.manifestText {
		return permanent(fmt.Errorf("%s changed after the host had read it; reload the plugin or restart the host",
			filepath.Join(p.folder, ManifestName)))
	}
	return nil
}

// copyFolder makes one copy, and gives it its name only when the content is right.
func (d *runDir) copyFolder(ctx context.Context, p *plan) (_ stagedCopy, err error) {
	all := filepath.Join(d.path, stagedFolder)
	if err := os.MkdirAll(all, 0o700); err != nil {
		return stagedCopy{}, fmt.Errorf("copy the plugin: %w", err)
	}
	unfinished, err := os.MkdirTemp(all, "new")
	if err != nil {
		return stagedCopy{}, fmt.Errorf("copy the plugin: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(unfinished)
		}
	}()
	sum, err := copyTree(ctx, p, unfinished)
	if err != nil {
		return stagedCopy{}, fmt.Errorf("copy the plugin: %w", err)
	}
	if p.sum != "" && sum != p.sum {
		return stagedCopy{}, permanent(fmt.Errorf("%s is not what plugins.lock pins: it has %s, not %s; put the released files back, "+
			"or, if the change is meant, %s", p.folder, sum, p.sum, lockHint))
	}
	c := stagedCopy{plan: p, sum: sum, path: filepath.Join(all, p.id+"."+shortName(sum))}
	if slices.ContainsFunc(d.copies, func(other stagedCopy) bool { return other.path == c.path }) {
		return c, os.RemoveAll(unfinished) // there is one with the same content
	}
	return c, os.Rename(unfinished, c.path)
}

// shortName is the beginning of the hash, in letters a path may have.
func shortName(sum string) string {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(sum, "h1:"))
	if err != nil {
		return hex.EncodeToString([]byte(sum))
	}
	return hex.EncodeToString(raw[:16])
}

// release is called when the process of a staged executable has ended, and worked before that when it became ready.
func (d *runDir) release(executable string) {
	d.note(executable, func(c *stagedCopy) { c.processes-- })
}

func (d *runDir) worked(executable string) {
	d.note(executable, func(c *stagedCopy) { c.worked = true })
}

func (d *runDir) note(executable string, change func(*stagedCopy)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.copies {
		if c := &d.copies[i]; strings.HasPrefix(executable, c.path+string(filepath.Separator)) {
			change(c)
			d.dropOld(c.plan.id)
			return
		}
	}
}

// dropOld removes copies of a plugin that no process uses: first those that never worked, so that releases that do not
// start leave the one that shall be started again, then those that were used longest ago. mu is held.
func (d *runDir) dropOld(id string) {
	var all, idle []stagedCopy
	for _, c := range d.copies {
		if c.plan.id == id {
			all = append(all, c)
			if c.processes == 0 {
				idle = append(idle, c)
			}
		}
	}
	slices.SortStableFunc(idle, func(a, b stagedCopy) int {
		if a.worked == b.worked {
			return 0
		}
		if b.worked {
			return -1
		}
		return 1
	})
	for _, c := range idle[:min(len(idle), max(0, len(all)-stagedKept))] {
		_ = os.RemoveAll(c.path)
		d.copies = slices.DeleteFunc(d.copies, func(other stagedCopy) bool { return other.path == c.path })
	}
}

// copyTree copies the files of a plugin's folder to an empty one and returns the hash of what it wrote.
func copyTree(ctx context.Context, p *plan, target string) (sum string, err error) {
	from, err := os.OpenRoot(p.folder)
	if err != nil {
		return "", err
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenRoot(target)
	if err != nil {
		return "", err
	}
	defer func() { _ = to.Close() }()
	files, err := listFiles(from)
	if err != nil {
		return "", permanent(err)
	}
	executables := map[string]bool{}
	for _, name := range p.manifest.Executables {
		executables[filepath.ToSlash(filepath.Clean(filepath.FromSlash(name)))] = true
	}
	var closing []error
	sum, err = dirhash.Hash1(files, func(name string) (io.ReadCloser, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		mode := os.FileMode(0o400)
		if executables[name] {
			mode = 0o500
		}
		return newCopying(ctx, from, to, name, func(w *os.File) {
			closing = append(closing, w.Chmod(mode), w.Close())
		})
	})
	return sum, errors.Join(err, errors.Join(closing...))
}

// copying hands on what is read from a file, and writes the same to its copy.
type copying struct {
	ctx    context.Context //nolint:containedctx // dirhash reads through an io.Reader, which has none
	source *os.File
	target *os.File
	done   func(target *os.File)
}

func newCopying(ctx context.Context, from, to *os.Root, name string, done func(*os.File)) (*copying, error) {
	source, err := openRegular(from, name)
	if err != nil {
		return nil, err
	}
	err = to.MkdirAll(filepath.Dir(name), 0o700)
	var target *os.File
	if err == nil {
		target, err = to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		_ = source.Close()
		return nil, err
	}
	return &copying{ctx: ctx, source: source, target: target, done: done}, nil
}

// Read is what dirhash hashes. A long file ends with the host's Stop.
func (c *copying) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.source.Read(b)
	if n > 0 {
		if _, writeErr := c.target.Write(b[:n]); writeErr != nil {
			return n, writeErr
		}
	}
	return n, err
}

// Close finishes the copy.
func (c *copying) Close() error {
	c.done(c.target)
	return c.source.Close()
}

package host

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"wgink.ink/wechat/config"
)

// Release is one version of a plugin.
type Release struct{ ID, Version string }

// Lock pins the content of plugin folders: the hash of each that may run. As a file it has one line for each, "id version
// hash"; empty lines and lines that begin with # are comments.
type Lock map[Release]string

// sumForm is what HashFolder gives: a SHA-256 in base64.
var sumForm = regexp.MustCompile(`^h1:[A-Za-z0-9+/]{43}=$`)

// ReadLock reads a lock file. The error of one that is missing is fs.ErrNotExist; otherwise it joins every bad line.
func ReadLock(file string) (Lock, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	lock, number := Lock{}, 0
	var problems []error
	for line := range strings.Lines(string(text)) {
		number++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 3 || !config.ValidPluginID(fields[0]) || !config.ValidPluginVersion(fields[1]) || !sumForm.MatchString(fields[2]) {
			problems = append(problems, fmt.Errorf("%s: line %d: want an id, a version and a hash h1:…", file, number))
			continue
		}
		release := Release{ID: fields[0], Version: fields[1]}
		if _, twice := lock[release]; twice {
			problems = append(problems, fmt.Errorf("%s: line %d: has %s %s again", file, number, release.ID, release.Version))
		}
		lock[release] = fields[2]
	}
	return lock, errors.Join(problems...)
}

// Write writes the lock file in one step, sorted.
func (l Lock) Write(file string) error {
	var text bytes.Buffer
	text.WriteString("# The plugin folders that may run, written by wechatctl plugin lock. Review and commit it with the configuration.\n")
	for _, r := range slices.SortedFunc(maps.Keys(l), func(a, b Release) int {
		return strings.Compare(a.ID+" "+a.Version, b.ID+" "+b.Version)
	}) {
		fmt.Fprintf(&text, "%s %s %s\n", r.ID, r.Version, l[r])
	}
	fresh, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = fresh.Write(text.Bytes())
	err = errors.Join(err, fresh.Chmod(0o644), fresh.Close()) // for the host, which may be another user
	if err == nil {
		err = os.Rename(fresh.Name(), file)
	}
	if err != nil {
		_ = os.Remove(fresh.Name())
	}
	return err
}

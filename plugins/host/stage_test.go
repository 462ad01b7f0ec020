//go:build unix

package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
)

// lock pins what lies in the plugins' folders now.
func (s *scene) lock(t *testing.T) {
	t.Helper()
	lock := Lock{}
	for id := range s.cfg.Enabled {
		sum, err := HashFolder(s.folder(id))
		require.NoError(t, err)
		lock[Release{ID: id, Version: "1.4.0"}] = sum
	}
	s.cfg.Lock = filepath.Join(filepath.Dir(s.cfg.Dir), config.LockName)
	require.NoError(t, lock.Write(s.cfg.Lock))
}

// evil is a program that must never run.
const evil = "#!/bin/sh\necho evil has run >&2\n"

// replace puts another program in the place of fulfil's, as an attacker or a careless deployment does.
func (s *scene) replace(t *testing.T, program string) {
	t.Helper()
	require.NoError(t, s.write(program))
}

func (s *scene) write(program string) error {
	file := filepath.Join(s.folder("fulfil"), "bin", "plugin")
	return errors.Join(os.WriteFile(s.cfg.Dir+".new", []byte(program), 0o755), os.Rename(s.cfg.Dir+".new", file))
}

func TestSwappedFileNeverRuns(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.limits.backoffFirst, s.limits.backoffMax, s.limits.alarmMax = time.Millisecond, time.Millisecond, time.Millisecond
	s.lock(t)
	h := s.ready(t)
	right := 0
	for range 20 {
		s.replace(t, evil)
		before := h.List()[0].PID
		do(t, h, "e", "exit")
		await(t, h, func(i Info) bool { return i.State == Ready && i.PID != before })
		if do(t, h, "e", "nothing").Result == Done {
			right++
		}
	}
	require.Equal(t, 20, right)
	require.NotContains(t, s.log.text(), "evil")

	// The attack would work without the copy.
	out, err := exec.CommandContext(t.Context(), filepath.Join(s.folder("fulfil"), "bin", "plugin")).CombinedOutput()
	require.NoError(t, err)
	require.Contains(t, string(out), "evil has run")

	require.NoError(t, h.Stop(t.Context()))
	// A new host does not run it either.
	i := await(t, s.start(t), func(i Info) bool { return i.State == Rejected })
	require.Contains(t, i.LastError, "is not what plugins.lock pins")
	require.Contains(t, i.LastError, "wechatctl plugin lock")
}

// A file that changes all the time is either refused or copied as it was pinned, whatever the moment.
func TestSwapWhileStaging(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.replace(t, "good")
	s.lock(t)
	plans, _, err := readEnabled(s.cfg, true)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	swapped := make(chan struct{})
	go func() {
		defer close(swapped)
		for i := 0; ctx.Err() == nil; i++ {
			_ = s.write([]string{evil, "good"}[i%2])
		}
	}()
	defer func() { <-swapped }()
	defer stop()
	for copied := 0; copied < 20; {
		dir, err := newRunDir(s.cfg.RunDir)
		require.NoError(t, err)
		file, err := dir.stage(t.Context(), plans[0])
		if err == nil {
			copied++
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, "good", string(content))
		}
		require.NoError(t, dir.close())
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	require.NoError(t, os.MkdirAll(filepath.Join(s.folder("fulfil"), "lib", "empty"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(s.folder("fulfil"), "lib", "a.js"), []byte("x"), 0o755))
	plans, _, err := readEnabled(s.cfg, false)
	require.NoError(t, err)
	dir, err := newRunDir(s.cfg.RunDir)
	require.NoError(t, err)
	defer func() { require.NoError(t, dir.close()) }()
	file, err := dir.stage(t.Context(), plans[0])
	require.NoError(t, err)

	copied := filepath.Dir(filepath.Dir(file))
	want, err := HashFolder(s.folder("fulfil"))
	require.NoError(t, err)
	have, err := HashFolder(copied)
	require.NoError(t, err)
	require.Equal(t, want, have)
	modes := map[string]fs.FileMode{}
	require.NoError(t, filepath.WalkDir(copied, func(path string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := entry.Info()
		require.NoError(t, err)
		name, err := filepath.Rel(copied, path)
		require.NoError(t, err)
		modes[name] = info.Mode().Perm()
		return nil
	}))
	require.Equal(t, map[string]fs.FileMode{
		".": 0o700, "bin": 0o700, "lib": 0o700, "bin/plugin": 0o500, "lib/a.js": 0o400, ManifestName: 0o400,
	}, modes)

	again, err := dir.stage(t.Context(), plans[0])
	require.NoError(t, err)
	require.Equal(t, file, again, "one copy serves every start")

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = dir.stage(canceled, &plan{id: "other", folder: s.folder("fulfil"), manifestText: plans[0].manifestText})
	require.ErrorIs(t, err, context.Canceled)
	left, err := os.ReadDir(filepath.Dir(copied))
	require.NoError(t, err)
	require.Len(t, left, 1, "an unfinished copy is removed")
}

func TestOldCopiesAreRemoved(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	dir, err := newRunDir(s.cfg.RunDir)
	require.NoError(t, err)
	defer func() { require.NoError(t, dir.close()) }()
	var files []string
	for _, content := range []string{"1", "2", "3", "1", "4"} {
		s.replace(t, content)
		plans, _, err := readEnabled(s.cfg, false)
		require.NoError(t, err)
		file, err := dir.stage(t.Context(), plans[0])
		require.NoError(t, err)
		files = append(files, file)
		dir.release(file)
	}
	require.Equal(t, files[0], files[3])
	require.NoFileExists(t, files[1])
	for _, kept := range []string{files[0], files[2], files[4]} {
		require.FileExists(t, kept)
	}
}

func TestManifestChangedAfterItWasRead(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	plans, _, err := readEnabled(s.cfg, false)
	require.NoError(t, err)
	s.manifest(t, "fulfil", goodManifest+"executables: {"+platform()+": bin/plugin}\nargs: [other]\n")
	dir, err := newRunDir(s.cfg.RunDir)
	require.NoError(t, err)
	defer func() { require.NoError(t, dir.close()) }()
	_, err = dir.stage(t.Context(), plans[0])
	require.True(t, isPermanent(err))
	require.ErrorContains(t, err, "plugin.yaml changed after the host had read it")
}

func TestNeitherFileNorFolder(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	plans, _, err := readEnabled(s.cfg, false)
	require.NoError(t, err)
	require.NoError(t, syscall.Mkfifo(filepath.Join(s.folder("fulfil"), "pipe"), 0o600))
	require.NoError(t, os.Symlink("bin", filepath.Join(s.folder("fulfil"), "link")))
	dir, err := newRunDir(s.cfg.RunDir)
	require.NoError(t, err)
	defer func() { require.NoError(t, dir.close()) }()
	_, stageErr := dir.stage(t.Context(), plans[0])
	require.True(t, isPermanent(stageErr))
	_, _, planErr := readEnabled(s.cfg, false)
	_, hashErr := HashFolder(s.folder("fulfil"))
	for _, err := range []error{stageErr, planErr, hashErr} {
		require.ErrorContains(t, err, "fulfil/1.4.0/pipe: is no regular file")
		require.ErrorContains(t, err, "fulfil/1.4.0/link: is a symbolic link")
	}
}

func TestManyProblemsOfOneKind(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	for _, name := range "abcdefghijklm" {
		require.NoError(t, os.Symlink("bin", filepath.Join(s.folder("fulfil"), string(name))))
	}
	_, _, err := readEnabled(s.cfg, false)
	require.ErrorContains(t, err, "and 3 more of this kind")
}

// A script names its interpreter, gets the manifest's arguments, and finds its neighbours in the copy.
func TestScript(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	require.NoError(t, os.WriteFile(filepath.Join(s.folder("fulfil"), "run"),
		[]byte("#!/usr/bin/env sh\nexec \"$(dirname \"$0\")/bin/plugin\" \"$@\"\n"), 0o644))
	s.manifest(t, "fulfil", "id: fulfil\nversion: 1.4.0\nprotocol: 1\nhandles: [test]\nexecutables: {"+platform()+
		": run, other-any: bin/plugin}\nargs: [serve, a b]\n")
	require.Contains(t, do(t, s.ready(t), "e1", "args").Message, `["serve" "a b"]`)
}

// A pipe in the place of a file that New reads must not keep it waiting for a writer.
func TestPipeInPlaceOfAFileIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for _, name := range []string{ManifestName, "config.schema.json"} {
		s := newScene(t, "plugin")
		s.schema(t, "{}")
		file := filepath.Join(s.folder("fulfil"), name)
		require.NoError(t, os.Remove(file))
		require.NoError(t, syscall.Mkfifo(file, 0o600))
		refused := make(chan error, 1)
		go func() {
			_, err := newHost(s.cfg, Options{}, s.limits)
			refused <- err
		}()
		select {
		case err := <-refused:
			require.ErrorContains(t, err, name)
			require.ErrorContains(t, err, "is no regular file")
		case <-time.After(testLimit):
			require.FailNow(t, "New waits for the pipe", name)
		}
	}
}

// A manifest is read into memory: one without end is refused.
func TestManifestIsBounded(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	s.manifest(t, "fulfil", "#"+strings.Repeat("x", readMax))
	_, err := newHost(s.cfg, Options{}, s.limits)
	require.ErrorContains(t, err, "plugin.yaml: has more than 1048576 bytes")
}

// Releases that do not start, however many, do not push out the copy of the version that works: its restart is from that
// copy, and a program that reads its own files while it runs still finds them.
func TestBrokenReleasesLeaveTheCopyThatWorks(t *testing.T) {
	t.Parallel()
	s := newScene(t, "plugin")
	h := s.ready(t)
	first := h.List()[0].PID
	for try := range stagedKept + 2 {
		s.replace(t, fmt.Sprintf("#!/bin/sh\necho broken %d >&2\nexit 1\n", try))
		require.ErrorContains(t, h.Reload(t.Context(), "fulfil"), "did not take over")
	}
	require.Equal(t, first, h.List()[0].PID)
	copies, err := filepath.Glob(filepath.Join(h.around.dir.path, stagedFolder, "fulfil.*"))
	require.NoError(t, err)
	require.Len(t, copies, stagedKept)
	do(t, h, "e", "exit")
	i := await(t, h, func(i Info) bool { return i.Starts == stagedKept+4 && i.State != Starting })
	require.Equal(t, Ready, i.State, i.LastError)
	require.Equal(t, Done, do(t, h, "e", "nothing").Result)
}

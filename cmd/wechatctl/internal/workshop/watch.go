package workshop

import (
	"context"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path/filepath"
	"time"
)

// watchEvery is how often the folder is looked at.
const watchEvery = 500 * time.Millisecond

// Fingerprint changes with every file of the folder that is saved, made or removed: it covers names, times and sizes,
// not contents. Hidden folders and dist do not count.
func Fingerprint(dir string) (uint64, error) {
	sum := fnv.New64a()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name, err := filepath.Rel(dir, path); entry.IsDir() {
			if err == nil && skipped(name, entry) {
				return fs.SkipDir
			}
			return err
		}
		info, err := entry.Info()
		if err == nil {
			_, _ = fmt.Fprintln(sum, path, info.ModTime().UnixNano(), info.Size())
		}
		return err
	})
	return sum.Sum64(), err
}

// AwaitChange returns when the folder differs from the fingerprint and has stayed the same for one look, so that an
// editor has written everything, or when ctx ends.
func AwaitChange(ctx context.Context, dir string, since uint64) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	last := since
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
		now, err := Fingerprint(dir)
		if err != nil {
			continue // a file went away between two looks; the next one tells
		}
		if now != since && now == last {
			return nil
		}
		last = now
	}
}

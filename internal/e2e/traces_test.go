//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pluginProcesses are the ids of all processes that run an executable below the folder, whoever started them. One that
// only waits to be reaped is gone.
func pluginProcesses(folder string) (pids []int) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		// The name of a replaced file has an addition, so a prefix decides. Zombies have no executable.
		executable, err := os.Readlink(filepath.Join("/proc", entry.Name(), "exe"))
		if err == nil && strings.HasPrefix(executable, folder+"/") {
			pids = append(pids, pid)
		}
	}
	return pids
}

// filesBelow names everything in a folder and below it.
func filesBelow(folder string) (names []string) {
	_ = filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if err == nil && path != folder {
			names = append(names, strings.TrimPrefix(path, folder+"/"))
		}
		return nil
	})
	return names
}

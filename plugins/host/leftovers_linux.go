package host

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// killLeftovers kills every process whose environment names the private folder of a host that is gone: a plugin of that
// host's, or a process that one started, whatever group or session it has gone to. Other users' processes cannot be read
// and are left.
func killLeftovers(dir string) {
	found, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return
	}
	mark := []byte("=" + dir + string(filepath.Separator))
	for _, file := range found {
		environ, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(environ, mark) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err == nil && pid != os.Getpid() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

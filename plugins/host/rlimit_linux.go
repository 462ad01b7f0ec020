package host

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// filesMax is how many files and connections a plugin may have open.
const filesMax = 4096

// limitProcess sets what the kernel enforces, as hard limits, so that the plugin cannot raise them: no core file, which
// would hold its secrets; so many open files; and a last limit for memory, well above the one that the watcher keeps,
// because it counts what is reserved, not what is used. Past it, allocating fails and a Go plugin ends with its stack.
// It is set when the process runs already, and counts from then on.
func limitProcess(pid int, data int64) error {
	set := func(what string, resource int, limit uint64) error {
		var now unix.Rlimit
		if err := unix.Prlimit(pid, resource, nil, &now); err != nil {
			return fmt.Errorf("read the limit of %s: %w", what, err)
		}
		limit = min(limit, now.Max)
		if err := unix.Prlimit(pid, resource, &unix.Rlimit{Cur: limit, Max: limit}, nil); err != nil {
			return fmt.Errorf("limit %s: %w", what, err)
		}
		return nil
	}
	return errors.Join(
		set("core files", unix.RLIMIT_CORE, 0),
		set("open files", unix.RLIMIT_NOFILE, filesMax),
		set("memory", unix.RLIMIT_DATA, uint64(max(data, 0))),
	)
}

package dbtest

import (
	"errors"
	"os"
)

// Main is a TestMain that waits for the servers to be gone before the process ends:
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
// It is optional. Without it the servers end a moment after the process.
func Main(m interface{ Run() int }) { os.Exit(Run(m)) }

// Run runs the tests, stops the servers and returns the exit code, for packages whose TestMain does more.
func Run(m interface{ Run() int }) (code int) {
	defer func() {
		if err := stopAll(); err != nil {
			_, _ = os.Stderr.WriteString("dbtest: " + err.Error() + "\n")
			code = max(code, 1)
		}
	}()
	return m.Run()
}

// stopAll stops every server of this process and waits until they have ended.
func stopAll() error {
	servers.Lock()
	defer servers.Unlock()
	var problems []error
	for k, entry := range servers.byKind {
		if entry.server != nil {
			problems = append(problems, entry.server.stop())
		}
		delete(servers.byKind, k)
	}
	return errors.Join(problems...)
}

//go:build failpoint

package failpoint

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Hit fails as the file of that name in the folder says: exit, panic, error, or delay and for how long. It does so once:
// the file is gone then, and so the test knows.
func Hit(name string) error {
	dir := os.Getenv(Env)
	if dir == "" {
		return nil
	}
	file := filepath.Join(dir, name)
	order, err := os.ReadFile(file)
	if err != nil || os.Remove(file) != nil {
		return nil // not armed, or somebody else came first
	}
	switch kind, rest, _ := strings.Cut(string(order), " "); kind {
	case "exit":
		os.Exit(ExitCode)
	case "panic":
		panic("fail point " + name)
	case "delay":
		wait, err := time.ParseDuration(rest)
		time.Sleep(wait)
		return err
	}
	return errors.New("fail point " + name)
}

// On tells whether there is a file of that name.
func On(name string) bool {
	dir := os.Getenv(Env)
	if dir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

//go:build !unix

package dbtest

import (
	"os"
	"syscall"
)

func locale() string { return "C" }

// runAs is always ourselves here.
type runAs struct{ tempDir string }

// unprivileged says that PostgreSQL cannot be started here: the supervisor is a Unix shell. Tests use the server named
// by TEST_DATABASE_URL.
func unprivileged() (runAs, error) { return runAs{tempDir: os.TempDir()}, errNotInstalled }

func (runAs) own(...string) error { return nil }

func (runAs) attributes() *syscall.SysProcAttr { return nil }

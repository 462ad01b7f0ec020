package dbtest

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

var errNotInstalled = errors.New("PostgreSQL's server binaries (initdb, postgres) were not found; " +
	"install them (Debian: apt-get install postgresql) or set " + externalServerEnv)

func isNotInstalled(err error) bool { return errors.Is(err, errNotInstalled) }

// installations are the places where systems put PostgreSQL's server binaries without adding them to PATH.
func installations() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/usr/local/pgsql*/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
	}
}

// findBinaries returns the folders that hold a working initdb and postgres, the likeliest first. It asks PATH, then
// pg_config, then looks into the usual places, newest version first.
func findBinaries() []string {
	var dirs []string
	if initdb, err := exec.LookPath("initdb"); err == nil {
		// initdb looks for its share folder and for postgres beside the real file, so links are followed here.
		if file, err := filepath.EvalSymlinks(initdb); err == nil {
			dirs = append(dirs, filepath.Dir(file))
		}
	}
	if out, err := output("pg_config", "--bindir"); err == nil {
		dirs = append(dirs, strings.TrimSpace(out))
	}
	var found []string
	for _, pattern := range installations() {
		matches, _ := filepath.Glob(pattern) // the patterns are constant and well formed
		found = append(found, matches...)
	}
	slices.SortStableFunc(found, func(a, b string) int { return version(b) - version(a) })
	dirs = append(dirs, found...)

	var working []string
	for _, dir := range dirs {
		if !slices.Contains(working, dir) && works(dir, "initdb") && works(dir, "postgres") {
			working = append(working, dir)
		}
	}
	return working
}

// works tells PostgreSQL's own program from a wrapper script that only bears its name.
func works(dir, program string) bool {
	out, err := output(filepath.Join(dir, program), "--version")
	return err == nil && strings.Contains(out, "(PostgreSQL)")
}

// version reads the major version from a folder's name, 0 if there is none.
func version(dir string) int {
	digits := strings.FieldsFunc(dir, func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(digits[0]) // all digits; a number too large to be one is no version either
	return n
}

func output(program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout = &out
	err := cmd.Run()
	return out.String(), err
}

// Package npmtest installs pinned npm packages for tests that run programs of Node.js.
//
// Where node, npm or the packages cannot be had, as without a network, the test is skipped with one line; with CI=true
// in the environment it fails instead.
package npmtest

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"
)

const (
	installLimit = 2 * time.Minute
	// waitDelay is how long npm's helpers may hold its output open after it was ended.
	waitDelay = 5 * time.Second
)

// Install puts the packages of folder's package-lock.json into it, from npm's cache or the registry. Without them the
// test ends; what says what was then not tested.
func Install(t testing.TB, folder, what string) {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, program+" is missing", what)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), installLimit)
	defer cancel()
	// npm's own waits between attempts are a minute and more, which somebody without a network would sit through.
	command := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-bin-links", "--no-audit", "--no-fund",
		"--prefer-offline", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
	command.Dir = folder
	command.WaitDelay = waitDelay
	output, err := command.CombinedOutput()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Logf("%s", output)
		}
		missing(t, "npm cannot install the packages ("+reason(output, err)+")", what)
	}
}

var errorCode = regexp.MustCompile(`(?m)^npm (?:error|ERR!) code (\S+)`)

// reason is npm's word for a failure, such as ENOTFOUND.
func reason(output []byte, err error) string {
	if code := errorCode.FindSubmatch(output); code != nil {
		return string(code[1])
	}
	return err.Error()
}

func missing(t testing.TB, why, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s, and CI=true: %s must be run", why, what)
	}
	t.Skipf("%s: %s were not run", why, what)
}

// Package lanetest tells tests in which lane they run. The short lane is what go test ./... and CI run: many tests side
// by side. The long one has the machine to itself, takes minutes, and holds hosts to their figures of time.
package lanetest

import (
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"
)

// The environment.
const (
	FullEnv = "WECHAT_CHAOS_FULL" // set: the long lane
	SeedEnv = "WECHAT_CHAOS_SEED" // a number: repeats a run
)

// Full says that the long lane is wanted.
func Full() bool { return os.Getenv(FullEnv) != "" }

// Slack is what a limit of time is stretched by: nothing in the long lane.
func Slack() time.Duration {
	if Full() {
		return 0
	}
	return 10 * time.Second
}

// Storm leaves a test of many processes or rows out of the short lane with the race detector, which makes it several times
// slower: go test ./... runs it without. A seed asks for it in any case.
func Storm(t testing.TB) {
	t.Helper()
	if Raced() && !Full() && os.Getenv(SeedEnv) == "" {
		t.Skip("a storm: it runs without the race detector")
	}
}

// Seeded gives a test its dice and prints how to repeat the run in pkg, the package's path in the repository. What other
// goroutines and processes do meanwhile is not repeated; the order of the dice is.
func Seeded(t testing.TB, pkg string) (seed uint64, dice *rand.Rand) {
	t.Helper()
	seed = rand.Uint64N(1_000_000) //nolint:gosec // dice of tests
	if text := os.Getenv(SeedEnv); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", SeedEnv, err)
		}
	}
	lane, race := "", ""
	if Full() {
		lane = FullEnv + "=1 "
	}
	if Raced() {
		race = " -race"
	}
	t.Logf("repeat: %s%s=%d go test%s -count=1 -timeout=30m -run='^%s$' %s", lane, SeedEnv, seed, race, t.Name(), pkg)
	return seed, rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // dice of tests
}

// Raced tells whether this program has the race detector.
func Raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

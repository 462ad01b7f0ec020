package lanetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/lanetest"
)

func TestSeedOfTheEnvironmentRepeatsARun(t *testing.T) {
	t.Setenv(lanetest.SeedEnv, "729457")
	seed, one := lanetest.Seeded(t, "./internal/lanetest")
	require.EqualValues(t, 729457, seed)
	_, again := lanetest.Seeded(t, "./internal/lanetest")
	for range 100 {
		require.Equal(t, one.Uint64(), again.Uint64())
	}
	t.Setenv(lanetest.SeedEnv, "729458")
	_, other := lanetest.Seeded(t, "./internal/lanetest")
	require.NotEqual(t, one.Uint64(), other.Uint64())
}

func TestOnlyTheLongLaneHasNoSlack(t *testing.T) {
	t.Setenv(lanetest.FullEnv, "")
	require.Positive(t, lanetest.Slack())
	t.Setenv(lanetest.FullEnv, "1")
	require.Zero(t, lanetest.Slack())
}

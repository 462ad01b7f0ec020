package wechat_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSeedOfTheEnvironmentRepeatsARun(t *testing.T) {
	t.Setenv(seedEnv, "729457")
	one, again := seeded(t), seeded(t)
	for range 100 {
		require.Equal(t, one.Uint64(), again.Uint64())
	}
	t.Setenv(seedEnv, "729458")
	require.NotEqual(t, one.Uint64(), seeded(t).Uint64())
}

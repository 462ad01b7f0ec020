package wechat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClockThatPanics(t *testing.T) {
	t.Parallel()
	hosts := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	require.Equal(t, hosts, calmClock(func() time.Time { return hosts })())
	before := time.Now()
	at := calmClock(func() time.Time { panic("no clock") })()
	require.False(t, at.Before(before))
	require.False(t, at.After(time.Now()))
}

package wechat_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat"
	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/dbtest"
)

func bare(t *testing.T, databaseURL string) *wechat.Module {
	t.Helper()
	m, err := wechat.New(config.Config{Database: config.Database{URL: config.Secret(databaseURL), Unsafe: true}},
		wechat.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	return m
}

func TestModuleStartsOnceAndStopsOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		m := bare(t, url)
		require.NoError(t, m.Start(t.Context()))
		require.ErrorContains(t, m.Start(t.Context()), "started or stopped before", "and the running one goes on")
		_, err := m.DeadLetters(t.Context(), wechat.DeadLetterFilter{})
		require.NoError(t, err)

		var wg sync.WaitGroup
		for range 4 { // two signals, a defer and a test at once
			wg.Go(func() {
				if err := m.Stop(context.Background()); err != nil {
					t.Errorf("stop: %v", err)
				}
			})
		}
		wg.Wait()
		require.Error(t, m.Start(t.Context()))

		next := bare(t, url)
		require.NoError(t, next.Start(t.Context()), "nothing was left behind")
		require.NoError(t, next.Stop(t.Context()))
	})
}

func TestFailedStartTakesEverythingBack(t *testing.T) {
	t.Parallel()
	url := dbtest.SQLite(t)
	running := bare(t, url)
	require.NoError(t, running.Start(t.Context()))
	second := bare(t, url)
	require.ErrorContains(t, second.Start(t.Context()), "in use by another host")
	require.NoError(t, second.Stop(t.Context()))
	require.NoError(t, running.Stop(t.Context()))

	ended, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	require.Error(t, bare(t, url).Start(ended), "there is no time for the tables")
	next := bare(t, url)
	require.NoError(t, next.Start(t.Context()), "the lock was given back")
	require.NoError(t, next.Stop(t.Context()))
}

func TestStopBeforeStart(t *testing.T) {
	t.Parallel()
	m := bare(t, dbtest.SQLite(t))
	require.NoError(t, m.Stop(t.Context()))
	require.NoError(t, m.Stop(t.Context()))
	require.Error(t, m.Start(t.Context()))
}

package identity

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func openDB(t *testing.T, url string) *store.DB {
	t.Helper()
	require.NoError(t, store.Migrate(t.Context(), url))
	db, err := store.Open(url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestHousekeepingIsDoneByOneHost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		db := openDB(t, url)
		host := func() *Service {
			return New(Parts{DB: db, Log: slog.New(slog.DiscardHandler), Now: time.Now}, Settings{Idle: time.Hour})
		}
		one, two := host(), host()
		one.forgetOld(t.Context())
		claim := func() bool {
			fresh, err := db.ClaimLoginCode(t.Context(), "old", 1)
			require.NoError(t, err)
			return fresh
		}
		require.True(t, claim())
		two.forgetOld(t.Context())
		require.False(t, claim(), "the job is another host's")
		one.forgetOld(t.Context())
		require.True(t, claim(), "forgotten")
	})
}

// A clock that the host handed in panics: the housekeeping ends until the next time, and not the host.
func TestHousekeepingSurvivesAPanic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	s := New(Parts{DB: openDB(t, dbtest.SQLite(t)), Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time {
		cancel()
		panic("no time")
	}}, Settings{})
	s.Run(ctx)
	require.Contains(t, log.String(), "panic in the housekeeping")
	require.NotContains(t, log.String(), "no time")
}

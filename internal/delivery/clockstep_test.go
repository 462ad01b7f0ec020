package delivery_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/pgdriver"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/store"
)

// A clock that steps forward, as after a rest of the machine or by NTP, ends every lease at once, also of what is in hand:
// nobody takes it back, neither its own host nor another one, whoever of them looks first.
func TestClockStepsForwardDoNotTakeBackWhatIsInHand(t *testing.T) {
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := dbtest.Postgres(t)
		stepsForward(t, url, postgresSteps(t, url), "one", "two")
	})
	t.Run("sqlite", func(t *testing.T) { // one host
		t.Parallel()
		url := dbtest.SQLite(t)
		stepsForward(t, url, sqliteSteps(t, url), "one")
	})
}

const stepLease = 4 * time.Second

// stepsForward has each host hold an event while the clock steps on beyond every lease, some times.
func stepsForward(t *testing.T, url string, step func(ms int64), hosts ...string) {
	t.Helper()
	db := openDB(t, url)
	release, begun := make(chan struct{}), make(chan string, 100)
	for _, host := range hosts {
		r := newReceiver(func(ctx context.Context, _ string, h delivery.Handover) delivery.Outcome {
			begun <- h.EventID
			select {
			case <-release:
			case <-ctx.Done():
			}
			return delivery.Outcome{Result: delivery.Done}
		})
		r.plugins = []string{host} // so that it is known who has what
		q := delivery.New(db, r, discard(), delivery.Settings{Lease: stepLease, Poll: 20 * time.Millisecond})
		run(t, q)
		record(t, db, q, "event-"+host, "subject")
		require.Equal(t, "event-"+host, <-begun)
	}
	for range 3 {
		step(2 * stepLease.Milliseconds())
		for _, host := range hosts {
			eventually(t, db, "event-"+host, func(d store.Delivery) bool {
				now, err := db.Clock(context.Background())
				return err == nil && (d.Attempt > 1 || d.WakeAt != nil && *d.WakeAt > now)
			})
		}
	}
	close(release)
	for _, host := range hosts {
		d := eventually(t, db, "event-"+host, state(store.Done))
		require.Equal(t, 1, d.Attempt)
		require.Zero(t, d.Crashes)
	}
	require.Empty(t, begun, "each was handed over once")
}

// postgresSteps puts a clock of the test's own before the server's, for this database.
func postgresSteps(t *testing.T, url string) func(ms int64) {
	t.Helper()
	pool := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(url)))
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	run := func(statement string, args ...any) {
		_, err := pool.ExecContext(t.Context(), statement, args...)
		require.NoError(t, err)
	}
	run("CREATE TABLE public.ahead (ms BIGINT NOT NULL)")
	run("INSERT INTO public.ahead VALUES (0)")
	run(`CREATE FUNCTION public.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql AS
		'SELECT pg_catalog.statement_timestamp() + (SELECT ms FROM public.ahead) * INTERVAL ''1 millisecond'''`)
	run("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$")
	return func(ms int64) { run("UPDATE public.ahead SET ms = ms + $1", ms) }
}

// sqliteSteps makes every lease end so much sooner, which is what a step of the clock looks like.
func sqliteSteps(t *testing.T, url string) func(ms int64) {
	t.Helper()
	pool, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:")+"?_pragma=busy_timeout(30000)")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	return func(ms int64) {
		_, err := pool.ExecContext(t.Context(), "UPDATE wechat_deliveries SET wake_at = wake_at - ? WHERE state = 'running'", ms)
		require.NoError(t, err)
	}
}

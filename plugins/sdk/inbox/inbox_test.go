package inbox_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "github.com/uptrace/bun/driver/pgdriver" // the driver "pg"
	_ "modernc.org/sqlite"                     // the driver "sqlite"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/plugins/sdk/inbox"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// each runs the test on a fresh database of each kind, with a table of effects.
func each(t *testing.T, test func(t *testing.T, db *sql.DB, d inbox.Dialect)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		d, driver, name := inbox.PostgreSQL, "pg", url
		if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
			d, driver, name = inbox.SQLite, "sqlite", file+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_txlock=immediate"
		}
		db, err := sql.Open(driver, name)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		for _, statement := range []string{inbox.Schema(d), inbox.Schema(d), "CREATE TABLE effects (what TEXT)"} {
			_, err = db.ExecContext(t.Context(), statement)
			require.NoError(t, err, "%v; the schema can be made twice", statement)
		}
		test(t, db, d)
	})
}

// effect is what a handler does in its database.
func effect(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO effects (what) VALUES ('parcel')")
	return err
}

func effects(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM effects").Scan(&n))
	return n
}

func TestOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sql.DB, d inbox.Dialect) {
		ctx, box := t.Context(), inbox.New(d, "fulfil")
		require.NoError(t, box.InTx(ctx, db, "ev_1", effect))
		require.NoError(t, box.InTx(ctx, db, "ev_1", effect), "the second delivery is done")
		require.Equal(t, 1, effects(t, db))
		require.NoError(t, box.InTx(ctx, db, "ev_2", effect))
		require.NoError(t, inbox.New(d, "points").InTx(ctx, db, "ev_1", effect))
		require.Equal(t, 3, effects(t, db), "other events and other consumers are their own")
	})
}

// What did not commit did not happen, and the event is as new.
func TestWhatWasRolledBackRunsAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sql.DB, d inbox.Dialect) {
		ctx, box, broken := t.Context(), inbox.New(d, "fulfil"), errors.New("the warehouse is down")
		err := box.InTx(ctx, db, "ev_1", func(ctx context.Context, tx *sql.Tx) error {
			return errors.Join(effect(ctx, tx), broken)
		})
		require.ErrorIs(t, err, broken)
		require.Zero(t, effects(t, db))

		require.Panics(t, func() {
			_ = box.InTx(ctx, db, "ev_1", func(context.Context, *sql.Tx) error { panic("handler boom") })
		})
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		require.NoError(t, box.Once(ctx, tx, "ev_1", effect))
		require.NoError(t, tx.Rollback(), "as when the process ends before the commit")
		require.Zero(t, effects(t, db))

		require.NoError(t, box.InTx(ctx, db, "ev_1", effect))
		require.Equal(t, 1, effects(t, db))
	})
}

// race delivers one event many times at once, each until it says done, as a host does.
func race(t *testing.T, deliver func(ctx context.Context) error) {
	t.Helper()
	var all sync.WaitGroup
	ready := make(chan struct{})
	for range 8 {
		all.Go(func() {
			<-ready
			for t.Context().Err() == nil && deliver(t.Context()) != nil {
			}
		})
	}
	close(ready)
	all.Wait()
}

func TestDeliveriesAtOnceHaveOneEffect(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sql.DB, d inbox.Dialect) {
		box := inbox.New(d, "fulfil")
		for _, event := range []string{"ev_1", "ev_2", "ev_3", "ev_4"} {
			before := effects(t, db)
			race(t, func(ctx context.Context) error { return box.InTx(ctx, db, event, effect) })
			require.Equal(t, before+1, effects(t, db), event)
		}
	})
}

// The negative control: looking first and writing the id afterwards, or not at all, is not enough.
func TestWithoutTheInboxDeliveriesHaveManyEffects(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sql.DB, _ inbox.Dialect) {
		race(t, func(ctx context.Context) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			if err := effect(ctx, tx); err != nil {
				return err
			}
			return tx.Commit()
		})
		require.Equal(t, 8, effects(t, db))
	})
}

// The second of two deliveries waits for the first, and does its work when the first is rolled back.
func TestTheSecondWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sql.DB, d inbox.Dialect) {
		ctx, box := t.Context(), inbox.New(d, "fulfil")
		first, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		require.NoError(t, box.Once(ctx, first, "ev_1", effect))
		second := make(chan error, 1)
		go func() { second <- box.InTx(ctx, db, "ev_1", effect) }()
		select {
		case err := <-second:
			require.FailNow(t, "the second did not wait", "%v", err)
		case <-time.After(50 * time.Millisecond): // it can only be too short to notice
		}
		require.NoError(t, first.Rollback())
		require.NoError(t, <-second)
		require.Equal(t, 1, effects(t, db))
	})
}

func TestForget(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sql.DB, d inbox.Dialect) {
		ctx, box := t.Context(), inbox.New(d, "fulfil")
		require.NoError(t, box.InTx(ctx, db, "ev_1", effect))
		require.NoError(t, box.Forget(ctx, db, time.Hour))
		require.NoError(t, box.InTx(ctx, db, "ev_1", effect))
		require.Equal(t, 1, effects(t, db), "it is not that old")
		require.NoError(t, inbox.New(d, "points").Forget(ctx, db, -time.Hour))
		require.NoError(t, box.InTx(ctx, db, "ev_1", effect))
		require.Equal(t, 1, effects(t, db), "it is another consumer's")
		require.NoError(t, box.Forget(ctx, db, -time.Hour))
		require.NoError(t, box.InTx(ctx, db, "ev_1", effect))
		require.Equal(t, 2, effects(t, db))
	})
}

func TestWhatAnInboxRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *sql.DB, d inbox.Dialect) {
		for _, id := range []string{"", strings.Repeat("x", 192)} {
			require.ErrorContains(t, inbox.New(d, "fulfil").InTx(t.Context(), db, id, effect), "must have 1 to 191 bytes")
			require.ErrorContains(t, inbox.New(d, id).InTx(t.Context(), db, "ev_1", effect), "must have 1 to 191 bytes")
		}
		var none inbox.Dialect
		require.ErrorContains(t, inbox.New(none, "fulfil").InTx(t.Context(), db, "ev_1", effect), "Dialect(0) is none of")
		require.ErrorContains(t, inbox.New(none, "fulfil").Forget(t.Context(), db, 0), "is none of")
		require.Zero(t, effects(t, db))
	})
}

// No MySQL server is at hand: what is sent to it is at least read by people here.
func TestMySQL(t *testing.T) {
	t.Parallel()
	require.Equal(t, "CREATE TABLE IF NOT EXISTS wechat_inbox (consumer VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, "+
		"event_id VARCHAR(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, done_at BIGINT NOT NULL, "+
		"PRIMARY KEY (consumer, event_id)) ENGINE=InnoDB", inbox.Schema(inbox.MySQL))
	require.Equal(t, "MySQL", inbox.MySQL.String())
}

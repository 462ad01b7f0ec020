package store_test

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

// A query hook of the host's panics: the one connection that the pool has comes back, wherever that was.
func TestPanicInAHookLosesNoConnection(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		require.NoError(t, store.Migrate(t.Context(), url))
		hook := &panicOnce{}
		pool := dbtest.HostPool(t, url)
		if !strings.HasPrefix(url, "sqlite:") {
			pool.SetMaxOpenConns(2) // the intake keeps one
		}
		db, err := store.Wrap(pool.WithQueryHook(hook))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // without the connection everything would wait
		defer cancel()
		kept := 0
		steps := []func() error{
			func() error { return db.InTx(ctx, func(store.Queries) error { return nil }) },
			func() error {
				back := errors.New("roll back")
				err := db.InTx(ctx, func(q store.Queries) error {
					_, err := q.TakeLease(ctx, "name", "owner", time.Minute)
					return cmp.Or(err, back)
				})
				if errors.Is(err, back) {
					return nil
				}
				return err
			},
			func() error {
				kept++
				id := strconv.Itoa(kept)
				_, err := db.Keep(ctx, []store.Incoming{{Event: store.Event{
					ID: id, Kind: "k", BusinessKey: id, Verdict: store.VerdictOK, Payload: []byte("{}"),
				}}})
				return err
			},
		}
		for _, at := range []panicOnce{ // the intake prepares but once, and SQLite has neither PREPARE nor EXECUTE
			{before: "PREPARE"}, {before: "EXECUTE"}, {after: "EXECUTE"}, {before: "INSERT"}, {after: "INSERT"},
			{before: "BEGIN"}, {after: "BEGIN"}, {before: "COMMIT"}, {after: "COMMIT"}, {before: "ROLLBACK"}, {after: "ROLLBACK"},
		} {
			*hook = at
			for _, step := range steps {
				func() {
					defer func() { _ = recover() }()
					_ = step()
				}()
			}
			*hook = panicOnce{}
			for i, step := range steps {
				require.NoError(t, step(), "%+v, step %d", at, i)
			}
		}
	})
}

// panicOnce panics once before or after a statement that begins with a word.
type panicOnce struct{ before, after string }

// BeforeQuery panics, perhaps.
func (p *panicOnce) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	p.hit(&p.before, e)
	return ctx
}

// AfterQuery panics, perhaps.
func (p *panicOnce) AfterQuery(_ context.Context, e *bun.QueryEvent) { p.hit(&p.after, e) }

func (*panicOnce) hit(word *string, e *bun.QueryEvent) {
	if *word != "" && strings.HasPrefix(e.Query, *word) {
		*word = ""
		panic("in a hook")
	}
}

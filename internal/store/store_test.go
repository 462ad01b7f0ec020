package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/dbtest"
	"wgink.ink/wechat/internal/store"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// each runs a test on both databases, each time with fresh, migrated tables.
func each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		test(t, open(t, url))
	})
}

func open(t *testing.T, url string) *store.DB {
	t.Helper()
	require.NoError(t, store.Migrate(t.Context(), url))
	db, err := store.Open(url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestInTxKeepsAllOrNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		failed := db.InTx(t.Context(), func(q store.Queries) error {
			require.NoError(t, q.InsertAccount(t.Context(), store.Account{ID: "a", Username: "u"}))
			return context.Canceled
		})
		require.ErrorIs(t, failed, context.Canceled)
		_, found, err := db.Account(t.Context(), "a")
		require.NoError(t, err)
		require.False(t, found)

		require.NoError(t, db.InTx(t.Context(), func(q store.Queries) error {
			return q.InsertAccount(t.Context(), store.Account{ID: "a", Username: "u"})
		}))
		_, found, err = db.Account(t.Context(), "a")
		require.NoError(t, err)
		require.True(t, found)
	})
}

func TestInTxRollsBackOnPanic(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		require.Panics(t, func() {
			_ = db.InTx(t.Context(), func(q store.Queries) error {
				require.NoError(t, q.InsertAccount(t.Context(), store.Account{ID: "a", Username: "u"}))
				panic("in the middle")
			})
		})
		_, found, err := db.Account(t.Context(), "a") // also proves that SQLite's one connection was given back
		require.NoError(t, err)
		require.False(t, found)
	})
}

func TestPhoneBelongsToOneAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		require.NoError(t, db.InsertAccount(ctx, store.Account{ID: "a", Username: "ua"}))
		require.NoError(t, db.InsertAccount(ctx, store.Account{ID: "b", Username: "ub"}))
		taken, err := db.BindPhone(ctx, "a", "13800138000", 1)
		require.NoError(t, err)
		require.False(t, taken)
		taken, err = db.BindPhone(ctx, "b", "13800138000", 2)
		require.NoError(t, err)
		require.True(t, taken)
		taken, err = db.BindPhone(ctx, "a", "13800138000", 3)
		require.NoError(t, err)
		require.False(t, taken, "binding one's own number again is no conflict")

		a, _, err := db.Account(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, "13800138000", a.Username)
	})
}

func TestSessionsBeyondTheLimitEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		require.NoError(t, db.InsertAccount(ctx, store.Account{ID: "a", Username: "ua"}))
		_, err := db.InsertIdentity(ctx, store.Identity{AppID: "wx", OpenID: "o", AccountID: "a"})
		require.NoError(t, err)
		for i, token := range []string{"1", "2", "3"} {
			at := store.Millis(i + 1)
			require.NoError(t, db.InsertSession(ctx, store.Session{
				TokenHash: token, AccountID: "a", AppID: "wx", OpenID: "o", CreatedAt: at, SeenAt: at}, 2))
		}
		for token, want := range map[string]bool{"1": false, "2": true, "3": true} {
			_, found, err := db.SessionUser(ctx, token)
			require.NoError(t, err)
			require.Equal(t, want, found, "token %s", token)
		}
	})
}

func TestLoginCodeIsClaimedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		const callers = 50
		won := make(chan bool, callers)
		for range callers {
			go func() {
				fresh, err := db.ClaimLoginCode(context.WithoutCancel(t.Context()), "hash", 1)
				won <- err == nil && fresh
			}()
		}
		winners := 0
		for range callers {
			if <-won {
				winners++
			}
		}
		require.Equal(t, 1, winners)
	})
}

func TestSessionKeysKeepTheNewest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		for i := range 5 {
			require.NoError(t, db.InsertSessionKey(t.Context(), "wx", "o", []byte{byte(i)}, store.Millis(i), 3))
		}
		keys, err := db.SessionKeys(t.Context(), "wx", "o")
		require.NoError(t, err)
		require.Equal(t, [][]byte{{4}, {3}, {2}}, keys)
	})
}

func TestAccessTokenIsClaimedByOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		claim := func(owner string, seen int64) bool {
			won, err := db.ClaimAccessToken(ctx, "wx", "access_token", owner, seen, time20s)
			require.NoError(t, err)
			return won
		}
		require.True(t, claim("one", 0))
		require.False(t, claim("two", 0))
		saved, err := db.SaveAccessToken(ctx, store.AccessToken{AppID: "wx", Kind: "access_token", Sealed: "s", ExpiresAt: 9}, 0)
		require.NoError(t, err)
		require.True(t, saved)
		require.False(t, claim("two", 0), "the row moved on to version 1")
		require.True(t, claim("two", 1))
		require.NoError(t, db.ReleaseAccessToken(ctx, "wx", "access_token", "two"))
		require.True(t, claim("three", 1))
		saved, err = db.SaveAccessToken(ctx, store.AccessToken{AppID: "wx", Kind: "access_token", Sealed: "old", ExpiresAt: 9}, 0)
		require.NoError(t, err)
		require.False(t, saved)
	})
}

func TestOrderMovesOnlyForward(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		fresh, err := db.InsertOrder(ctx, store.Order{MchID: "m", OutTradeNo: "o1", State: "NOTPAY", AmountFen: 1})
		require.NoError(t, err)
		require.True(t, fresh)
		fresh, err = db.InsertOrder(ctx, store.Order{MchID: "m", OutTradeNo: "o1", State: "NOTPAY", AmountFen: 2})
		require.NoError(t, err)
		require.False(t, fresh)

		state := func() string {
			o, _, err := db.Order(ctx, "m", "o1")
			require.NoError(t, err)
			return o.State
		}
		paid := func() error {
			f := paidFact("o1", "n1")
			f.Terms = &store.Terms{OutTradeNo: "o1", AmountFen: 1, TransactionID: "t1", Payment: true}
			_, err := db.Keep(ctx, []store.Incoming{f})
			return err
		}
		require.NoError(t, db.MoveOrder(ctx, "m", "o1", "NOTPAY", "CLOSED", 2))
		require.NoError(t, paid())
		require.Equal(t, "SUCCESS", state(), "a payment that landed while closing counts")
		require.NoError(t, db.MoveOrder(ctx, "m", "o1", "NOTPAY", "CLOSED", 3))
		require.Equal(t, "SUCCESS", state())
		require.NoError(t, db.MoveOrder(ctx, "m", "o1", "SUCCESS", "REFUND", 4))
		require.NoError(t, paid())
		require.Equal(t, "REFUND", state())
	})
}

func TestPrepayIsKeptWhileItLives(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		_, err := db.InsertOrder(ctx, store.Order{MchID: "m", OutTradeNo: "o1", State: "NOTPAY"})
		require.NoError(t, err)
		for _, step := range []struct {
			id            string
			at, stale     store.Millis
			want, because string
		}{
			{"p1", 100, 50, "p1", "none was there"},
			{"p2", 101, 51, "p1", "the first is younger than the limit"},
			{"p3", 200, 150, "p3", "the first is stale"},
		} {
			require.NoError(t, db.SetPrepay(ctx, "m", "o1", step.id, step.at, step.stale))
			o, _, err := db.Order(ctx, "m", "o1")
			require.NoError(t, err)
			require.Equal(t, step.want, *o.PrepayID, step.because)
		}
	})
}

func TestEventIsKeptOnceByEitherKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		id1, id2 := "n1", "n2"
		insert := func(e store.Event) bool {
			e.MchID, e.Verdict, e.Payload = "m", store.VerdictOK, []byte{0, 0xff}
			fresh, err := db.InsertEvent(t.Context(), e)
			require.NoError(t, err)
			return fresh
		}
		require.True(t, insert(store.Event{ID: "e1", NoticeID: &id1, BusinessKey: "b1"}))
		require.False(t, insert(store.Event{ID: "e1", NoticeID: &id1, BusinessKey: "b1"}), "the same again")
		require.False(t, insert(store.Event{ID: "e2", NoticeID: &id1, BusinessKey: "b2"}), "same notice id")
		require.False(t, insert(store.Event{ID: "e3", NoticeID: &id2, BusinessKey: "b1"}), "same business key")
		require.True(t, insert(store.Event{ID: "e4", BusinessKey: "b4"}))
		require.True(t, insert(store.Event{ID: "e5", BusinessKey: "b5"}), "no notice id is no duplicate of no notice id")

		e, found, err := db.EventByNotice(t.Context(), "m", "n1")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, []byte{0, 0xff}, e.Payload, "the payload is kept byte for byte")
	})
}

func TestPlatformKeysAreReplaced(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		require.NoError(t, db.ReplacePlatformKeys(ctx, "m", []store.PlatformKey{{MchID: "m", Serial: "A"}, {MchID: "m", Serial: "B"}}))
		require.NoError(t, db.ReplacePlatformKeys(ctx, "m", []store.PlatformKey{{MchID: "m", Serial: "B"}, {MchID: "m", Serial: "C"}}))
		keys, err := db.PlatformKeys(ctx, "m")
		require.NoError(t, err)
		require.Len(t, keys, 2)
		require.Equal(t, "B", keys[0].Serial)
		require.Equal(t, "C", keys[1].Serial)
	})
}

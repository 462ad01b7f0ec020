package token

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/outbound/errcode"
	"wgink.ink/wechat/internal/seal"
)

func must(t *testing.T, s *Source) string {
	t.Helper()
	token, err := s.Token(context.Background())
	require.NoError(t, err)
	return token
}

func TestOneFetchForAllCallersAndHosts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m := &wechat{takes: time.Second}, &memory{}
		hosts := []*Source{newSource(t, w, m), newSource(t, w, m), newSource(t, w, m)}
		var all sync.WaitGroup
		for i := range 30 {
			all.Go(func() {
				token, err := hosts[i%3].Token(context.Background())
				if err != nil || token != "canary-token-b" {
					t.Errorf("%q, %v", token, err)
				}
			})
		}
		all.Wait()
		require.Equal(t, 1, w.count())
		require.NotContains(t, m.row.Value, "canary")
		sealed, err := base64.StdEncoding.DecodeString(m.row.Value)
		require.NoError(t, err)
		require.NotContains(t, string(sealed), "canary")
	})
}

// Two hosts over three lives of the token: three more fetches, and no call ever gets a token WeChat refuses.
func TestRollover(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m := &wechat{takes: 200 * time.Millisecond}, &memory{}
		a, b := newSource(t, w, m), newSource(t, w, m)
		begin := time.Now()
		for time.Since(begin) < 3*tokenLife {
			for _, host := range []*Source{a, b} {
				token := must(t, host)
				w.mu.Lock()
				inOverlap := time.Since(w.ends.Add(-tokenLife)) < refreshBefore
				require.True(t, token == w.current || inOverlap, "at %s", time.Since(begin))
				w.mu.Unlock()
			}
			time.Sleep(7 * time.Second)
		}
		synctest.Wait()
		require.Equal(t, 4, w.count())
		require.Equal(t, int64(4), m.row.Version)
	})
}

// In its last five minutes the old token is given out while the new one is fetched behind.
func TestEarlyRefreshDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m := &wechat{takes: time.Second}, &memory{}
		s := newSource(t, w, m)
		first := must(t, s)
		time.Sleep(tokenLife - 4*time.Minute)
		start := time.Now()
		require.Equal(t, first, must(t, s))
		require.Zero(t, time.Since(start))
		time.Sleep(2 * time.Second)
		require.NotEqual(t, first, must(t, s))
		require.Equal(t, 2, w.count())
	})
}

func TestDoReplacesARefusedToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m := &wechat{takes: time.Second}, &memory{}
		a, b := newSource(t, w, m), newSource(t, w, m)
		old := must(t, a)
		require.Equal(t, old, must(t, b))
		w.issue() // somebody reset the token: the old one ends at once
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				var got []string
				err := []*Source{a, b}[i%2].Do(context.Background(), func(_ context.Context, token string) error {
					got = append(got, token)
					if token == old {
						return errcode.Fault(&errcode.APIError{Code: errcode.TokenExpired}, fault.Internal)
					}
					return nil
				})
				if err != nil || len(got) != 2 || got[1] == old {
					t.Errorf("%q, %v", got, err)
				}
			})
		}
		all.Wait()
		require.Equal(t, 2, w.count())
	})
}

func TestDoGivesUpAfterOneMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m := &wechat{}, &memory{}
		s := newSource(t, w, m)
		calls := 0
		err := s.Do(context.Background(), func(context.Context, string) error {
			calls++
			return &errcode.APIError{Code: errcode.TokenInvalid}
		})
		require.ErrorIs(t, err, errcode.ErrTokenInvalid)
		require.Equal(t, 2, calls)
		require.Equal(t, 2, w.count())

		calls = 0
		other := errors.New("other")
		require.ErrorIs(t, s.Do(context.Background(), func(context.Context, string) error { calls++; return other }), other)
		require.Equal(t, 1, calls)
		require.Equal(t, 2, w.count())
	})
}

// A database that was emptied behind our back costs one fetch, however high the version in memory was.
func TestEmptiedDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m := &wechat{}, &memory{}
		m.row.Version = 500
		s := newSource(t, w, m)
		old := must(t, s)
		m.mu.Lock()
		m.row = Stored{}
		m.mu.Unlock()
		w.issue()
		err := s.Do(context.Background(), func(_ context.Context, token string) error {
			if token == old {
				return &errcode.APIError{Code: errcode.TokenInvalid}
			}
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 2, w.count())
	})
}

func TestFailuresAreNotRepeatedAtOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		within int // fetches in a minute with ten calls a second
	}{
		"down":         {fault.New(fault.WeChatUnavailable, errDown), 6}, // 0, 1, 3, 7, 15, 31 s
		"wrong secret": {fault.New(fault.WeChatRefused, errDown), 2},     // 0, 30 s
	} {
		synctest.Test(t, func(t *testing.T) {
			w, m := &wechat{err: c.err}, &memory{}
			s := newSource(t, w, m)
			for range 600 {
				_, err := s.Token(context.Background())
				require.ErrorIs(t, err, errDown, name)
				time.Sleep(99 * time.Millisecond)
			}
			require.Equal(t, c.within, w.count(), name)
			w.mu.Lock()
			w.err = nil
			w.mu.Unlock()
			time.Sleep(failurePauseMax)
			must(t, s)
		})
	}
}

// While WeChat is down, the token that still lives is used.
func TestFailedEarlyRefreshKeepsTheToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m := &wechat{}, &memory{}
		s := newSource(t, w, m)
		first := must(t, s)
		w.mu.Lock()
		w.err = errDown
		w.mu.Unlock()
		time.Sleep(tokenLife - refreshBefore)
		for range 290 {
			require.Equal(t, first, must(t, s))
			time.Sleep(time.Second)
			synctest.Wait()
		}
		time.Sleep(11 * time.Second)
		_, err := s.Token(context.Background())
		require.ErrorIs(t, err, errDown)
	})
}

// A host that dies while it fetches holds the others up for its lease, no longer.
func TestLeaseOfADeadHost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m := &wechat{}, &memory{}
		mine, err := m.ClaimRefresh(context.Background(), "wx1", KindAccessToken, "dead", 0, lease)
		require.NoError(t, err)
		require.True(t, mine)
		start := time.Now()
		must(t, newSource(t, w, m))
		require.InDelta(t, lease, time.Since(start), float64(pollEvery))
	})
}

// A host whose lease ran out takes the token of the one that was faster.
func TestSlowHostTakesTheFasterOnesToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow, quick, m := &wechat{takes: lease + 2*time.Second}, &wechat{}, &memory{}
		quick.serial = 10
		a, b := newSource(t, slow, m), newSource(t, quick, m)
		got := make(chan string)
		go func() {
			token, err := a.Token(context.Background())
			if err != nil {
				t.Error(err)
			}
			got <- token
		}()
		time.Sleep(time.Second)
		require.Equal(t, "canary-token-l", must(t, b))
		require.Equal(t, "canary-token-l", <-got)
	})
}

func TestCallerMayLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, m := &wechat{takes: 3 * time.Second}, &memory{}
		s := newSource(t, w, m)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := s.Token(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err))
		require.ErrorIs(t, s.Wait(ctx), context.DeadlineExceeded)
		require.NoError(t, s.Wait(context.Background()))
		require.NoError(t, s.Wait(ctx))
		must(t, s) // the fetch went on for the others
		require.Equal(t, 1, w.count())
	})
}

func TestTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &memory{err: errors.New("database away")}
		_, err := newSource(t, &wechat{}, m).Token(context.Background())
		require.ErrorContains(t, err, "database away")

		s := newSource(t, &wechat{}, &memory{})
		s.o.Fetch = func(context.Context) (Fetched, error) { panic("bomb") }
		_, err = s.Token(context.Background())
		require.Equal(t, fault.Internal, fault.CodeOf(err))

		s = newSource(t, &wechat{}, &memory{})
		s.o.Fetch = func(context.Context) (Fetched, error) { return Fetched{}, nil }
		_, err = s.Token(context.Background())
		require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err))
	})
}

// A value sealed with another secret, or moved from another row, counts as none.
func TestUnreadableRowIsFetchedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box, err := seal.New(seal.Key{ID: 1, Secret: []byte("secret-of-the-configuration")})
		require.NoError(t, err)
		moved, err := box.Seal([]byte("foreign"), "token/wx2/access_token")
		require.NoError(t, err)
		for _, value := range []string{"", "###", "AAAA", base64.StdEncoding.EncodeToString(moved)} {
			m := &memory{row: Stored{Version: 7, Value: value, ExpiresAt: time.Now().Add(time.Hour)}}
			require.Equal(t, "canary-token-b", must(t, newSource(t, &wechat{}, m)))
			require.Equal(t, int64(8), m.row.Version)
		}
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	w, m := &wechat{}, &memory{}
	good := newSource(t, w, m).o
	for name, change := range map[string]func(*Options){
		"no appid": func(o *Options) { o.AppID = "" }, "no fetch": func(o *Options) { o.Fetch = nil },
		"no store": func(o *Options) { o.Store = nil }, "no sealer": func(o *Options) { o.Sealer = nil },
	} {
		o := good
		change(&o)
		_, err := New(o)
		require.Error(t, err, name)
	}
	require.NotContains(t, fmt.Sprintf("%v", good.Sealer), "secret")
}

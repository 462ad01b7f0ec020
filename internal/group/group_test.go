package group_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/group"
)

// double takes time to flush, so that callers meet, and doubles each item.
func double(flushes *atomic.Int64, took time.Duration) group.Flush[int, int] {
	return func(_ context.Context, items []int) ([]int, error) {
		flushes.Add(1)
		time.Sleep(took)
		out := make([]int, len(items))
		for i, n := range items {
			out[i] = 2 * n
		}
		return out, nil
	}
}

func never(error) bool { return false }

// An error that is nobody's fault, such as a database that is down, is told to all at once.
func TestAnErrorOfAllIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		flushes := 0
		g := group.New(256, never, func(context.Context, []int) ([]int, error) {
			flushes++
			time.Sleep(time.Second)
			return nil, errors.New("down")
		})
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				if _, err := g.Do(t.Context(), i); err == nil {
					t.Errorf("item %d succeeded", i)
				}
			})
		}
		wg.Wait()
		require.LessOrEqual(t, flushes, 2)
	})
}

func TestCallersShareFlushes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var flushes atomic.Int64
		g := group.New(256, never, double(&flushes, time.Second))
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				got, err := g.Do(t.Context(), i)
				if err != nil || got != 2*i {
					t.Errorf("item %d: %d, %v", i, got, err)
				}
			})
		}
		wg.Wait()
		require.LessOrEqual(t, flushes.Load(), int64(2), "at most the first alone, and all others together")
	})
}

func TestGroupsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var flushes atomic.Int64
		g := group.New(10, never, double(&flushes, time.Second))
		var wg sync.WaitGroup
		for i := range 41 {
			wg.Go(func() { _, _ = g.Do(t.Context(), i) })
		}
		wg.Wait()
		require.GreaterOrEqual(t, flushes.Load(), int64(5))
	})
}

func TestLoneCallerDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var flushes atomic.Int64
		g := group.New(10, never, double(&flushes, 0))
		start := time.Now()
		for i := range 3 {
			_, err := g.Do(t.Context(), i)
			require.NoError(t, err)
		}
		require.EqualValues(t, 3, flushes.Load())
		require.Zero(t, time.Since(start))
	})
}

func TestOneBadItemDoesNotSpoilTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bad := errors.New("bad item")
		g := group.New(256, func(err error) bool { return errors.Is(err, bad) }, func(_ context.Context, items []int) ([]int, error) {
			time.Sleep(time.Second)
			for _, n := range items {
				if n == 7 {
					return nil, bad
				}
				if n == 8 {
					panic("worse item")
				}
			}
			return items, nil
		})
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				got, err := g.Do(t.Context(), i)
				switch {
				case i == 7 && !errors.Is(err, bad):
					t.Errorf("item 7: %v", err)
				case i == 8 && err == nil:
					t.Error("item 8 succeeded")
				case i != 7 && i != 8 && (err != nil || got != i):
					t.Errorf("item %d: %d, %v", i, got, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestCallerWhoLeavesIsLeftOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []int
		g := group.New(256, never, func(_ context.Context, items []int) ([]int, error) {
			seen = append(seen, items...)
			time.Sleep(time.Second)
			return items, nil
		})
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = g.Do(t.Context(), 1) })
		synctest.Wait()
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
			defer cancel()
			_, err := g.Do(ctx, 2)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("item 2: %v", err)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if got, err := g.Do(t.Context(), 3); err != nil || got != 3 {
				t.Errorf("item 3: %d, %v", got, err)
			}
		})
		wg.Wait()
		require.Equal(t, []int{1, 3}, seen)
		_, err := g.Do(t.Context(), 4)
		require.NoError(t, err, "the group goes on")
	})
}

// Who flushes for the others is a caller like them: its time is limited, too, even if the flush cannot be interrupted.
func TestLeaderLeavesInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var flushes atomic.Int64
		g := group.New(256, never, double(&flushes, 5*time.Second))
		var wg sync.WaitGroup
		for i := range 3 { // the first leads at once, one of the others after it
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(2+2*i)*time.Second)
				defer cancel()
				start := time.Now()
				if _, err := g.Do(ctx, i); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("item %d: %v", i, err)
				}
				if took := time.Since(start); took != time.Duration(2+2*i)*time.Second {
					t.Errorf("item %d left after %v", i, took)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		got, err := g.Do(t.Context(), 21)
		require.NoError(t, err)
		require.Equal(t, 42, got, "the group goes on")
	})
}

// Everybody may leave at any moment; the group must neither stop nor lose an item.
func TestLeavingAtAnyMoment(t *testing.T) {
	t.Parallel()
	g := group.New(4, never, func(_ context.Context, items []int) ([]int, error) { return items, nil })
	var wg sync.WaitGroup
	for i := range 2000 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			if i%3 == 0 {
				cancel()
			}
			defer cancel()
			if got, err := g.Do(ctx, i); err == nil && got != i || err != nil && ctx.Err() == nil {
				t.Errorf("item %d: %d, %v", i, got, err)
			}
		})
	}
	wg.Wait()
	got, err := g.Do(t.Context(), 42)
	require.NoError(t, err)
	require.Equal(t, 42, got)
}

// Wait takes the callers that queue behind a flush into account, whoever of them is to lead the next one, and may be called
// while others come.
func TestWaitSeesTheNextFlush(t *testing.T) {
	t.Parallel()
	for range 200 {
		var flushed atomic.Int64
		begun, open := make(chan struct{}, 10), make(chan struct{})
		g := group.New(1, never, func(_ context.Context, items []int) ([]int, error) {
			begun <- struct{}{}
			<-open
			flushed.Add(1)
			return items, nil
		})
		var wg sync.WaitGroup
		do := func(i int) {
			if _, err := g.Do(t.Context(), i); err != nil {
				t.Error(err)
			}
		}
		wg.Go(func() { do(0) })
		<-begun
		for i := range 3 {
			wg.Go(func() { do(i) })
		}
		for g.Waiting() < 3 {
			runtime.Gosched()
		}
		wg.Go(func() {
			if err := g.Wait(t.Context()); err != nil {
				t.Error(err)
			}
			if n := flushed.Load(); n != 4 {
				t.Errorf("%d of 4 items were flushed when nothing was under way any more", n)
			}
		})
		close(open)
		wg.Wait()
	}
}

// While a flush hangs, nothing is kept of callers who have gone, and whoever waits for the group leaves in time, too.
func TestHangingFlushKeepsNothingElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		g := group.New(4, never, func(_ context.Context, items []int) ([]int, error) {
			<-hang
			return items, nil
		})
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+i%7)*time.Second)
				defer cancel()
				if _, err := g.Do(ctx, i); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("item %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		require.Zero(t, g.Waiting())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, g.Wait(ctx), context.DeadlineExceeded)
		close(hang)
		require.NoError(t, g.Wait(t.Context()))
		got, err := g.Do(t.Context(), 7)
		require.NoError(t, err)
		require.Equal(t, 7, got, "the group goes on")
	})
}

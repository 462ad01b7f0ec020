package identity

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/fault"
)

// taps are doubleTaps whose memory ends when the test says so.
func taps(t *testing.T) (d *doubleTaps, forget func()) {
	t.Helper()
	d = newDoubleTaps()
	var forgetters []func()
	d.after = func(after time.Duration, f func()) {
		require.Equal(t, tapMemory, after)
		forgetters = append(forgetters, f)
	}
	return d, func() {
		for _, f := range forgetters {
			f()
		}
		forgetters = nil
	}
}

func answers(login LogIn, err error) func() (LogIn, error) {
	return func() (LogIn, error) { return login, err }
}

func TestDoubleTapWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	d, _ := taps(t)
	first := LogIn{Token: "first"}
	started, release := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		got, err := d.do(t.Context(), "key", func() (LogIn, error) {
			close(started)
			<-release
			return first, nil
		})
		require.NoError(t, err)
		require.Equal(t, first, got)
	})
	<-started
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := d.do(gone, "key", answers(LogIn{Token: "second"}, nil))
	require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err), "who does not wait must not start anew")
	_, found, _ := d.again(gone, "key")
	require.True(t, found)
	other, err := d.do(t.Context(), "other key", answers(LogIn{Token: "other"}, nil))
	require.NoError(t, err)
	require.Equal(t, "other", other.Token, "another request does not wait")

	waiting := make(chan struct{})
	all.Go(func() {
		close(waiting)
		got, found, err := d.again(t.Context(), "key")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, first, got)
	})
	<-waiting
	close(release)
	all.Wait()
}

// An answer is kept if the request cannot get it again, and only for a while.
func TestAnswersThatAreKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		kept bool
	}{
		{nil, true},
		{fault.New(fault.PhoneTaken, nil), true},
		{fault.New(fault.BadRequest, nil), false},
		{fault.New(fault.PhoneCodeInvalid, nil), false},
		{fault.New(fault.TooManyRequests, nil), false},
		{fault.New(fault.WeChatUnavailable, nil), false},
		{fault.New(fault.StorageDown, nil), false},
		{errors.New("a defect"), false},
	} {
		t.Run(fmt.Sprint(c.err), func(t *testing.T) {
			t.Parallel()
			d, forget := taps(t)
			_, err := d.do(t.Context(), "key", answers(LogIn{Token: "first"}, c.err))
			require.Equal(t, c.err, err)
			got, found, err := d.again(t.Context(), "key")
			require.Equal(t, c.kept, found)
			if c.kept {
				require.Equal(t, c.err, err)
				require.Equal(t, "first", got.Token)
				_, found, _ = d.again(t.Context(), "other key")
				require.False(t, found)
			}
			forget()
			require.Empty(t, d.taps)
			require.Zero(t, d.kept)
			got, err = d.do(t.Context(), "key", answers(LogIn{Token: "later"}, nil))
			require.NoError(t, err)
			require.Equal(t, "later", got.Token)
		})
	}
}

func TestDoubleTapsAreBounded(t *testing.T) {
	t.Parallel()
	d, forget := taps(t)
	for i := range tapsKept + 10 {
		_, err := d.do(t.Context(), fmt.Sprint(i), answers(LogIn{}, nil))
		require.NoError(t, err)
	}
	require.Len(t, d.taps, tapsKept)
	forget()
	require.Empty(t, d.taps)
}

func TestDoubleTapOutlivesAPanic(t *testing.T) {
	t.Parallel()
	d, _ := taps(t)
	require.Panics(t, func() { _, _ = d.do(t.Context(), "key", func() (LogIn, error) { panic("defect") }) })
	require.Empty(t, d.taps)
}

// What names a request must not run its parts together, and must not show them.
func TestProofsAreToldApart(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, session := range []string{"s", "sa"} {
		for _, p := range []PhoneProof{{}, {Code: "a"}, {EncryptedData: "a"}, {IV: "a"}, {Code: "aa"}, {Code: "a", IV: "a"}} {
			require.Regexp(t, "^[0-9a-f]{64}$", p.in(session))
			seen[p.in(session)] = true
		}
	}
	require.Len(t, seen, 12)
}

package identity

import (
	"context"
	"sync"
	"time"

	"wgink.ink/wechat/internal/fault"
)

const (
	tapMemory = 30 * time.Second // of an answer, which holds a token: as long as a client repeats a request it got no answer to
	tapsKept  = 4096             // answers at once
)

// doubleTaps gives the requests of a double tap one answer: those that come while the first is worked on wait for it, and
// those that come soon after get what it got. Without it the second would find its code used, or its token ended.
type doubleTaps struct {
	after func(time.Duration, func()) // time.AfterFunc

	mu   sync.Mutex
	taps map[string]*tap // by a hash of who and what, which tells neither
	kept int
}

type tap struct {
	done  chan struct{} // closed when login and err are set
	login LogIn
	err   error
}

func newDoubleTaps() *doubleTaps {
	return &doubleTaps{
		after: func(d time.Duration, f func()) { time.AfterFunc(d, f) },
		taps:  map[string]*tap{},
	}
}

// do runs work, unless a request with the same key is at work or was answered a moment ago.
func (d *doubleTaps) do(ctx context.Context, key string, work func() (LogIn, error)) (LogIn, error) {
	d.mu.Lock()
	if t, again := d.taps[key]; again {
		d.mu.Unlock()
		return t.wait(ctx)
	}
	t := &tap{done: make(chan struct{}), err: fault.Newf(fault.Internal, "the first request of a double tap panicked")}
	d.taps[key] = t
	d.mu.Unlock()
	defer d.finish(key, t)
	t.login, t.err = work()
	return t.login, t.err
}

// again is the answer to the same request from a moment ago; found is false when there was none.
func (d *doubleTaps) again(ctx context.Context, key string) (login LogIn, found bool, err error) {
	d.mu.Lock()
	t, found := d.taps[key]
	d.mu.Unlock()
	if !found {
		return LogIn{}, false, nil
	}
	login, err = t.wait(ctx)
	return login, true, err
}

func (t *tap) wait(ctx context.Context) (LogIn, error) {
	select {
	case <-t.done:
		return t.login, t.err
	case <-ctx.Done():
		return LogIn{}, fault.New(fault.WeChatUnavailable, context.Cause(ctx))
	}
}

// finish gives the answer to those who wait, and to those who come soon if they could not get it otherwise.
func (d *doubleTaps) finish(key string, t *tap) {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(t.done)
	if !final(t.err) || d.kept == tapsKept {
		delete(d.taps, key)
		return
	}
	d.kept++
	d.after(tapMemory, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.taps, key)
		d.kept--
	})
}

// final tells whether the request has used its proof up or ended its session, so that repeating it would get another
// answer. Every other refusal repeats itself, or should not be kept because trying again may help.
func final(err error) bool { return err == nil || fault.CodeOf(err) == fault.PhoneTaken }

package token

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"wgink.ink/wechat/internal/fault"
)

const (
	// refreshBefore is how long before its end a token is replaced. In these minutes WeChat accepts the old one and
	// the new one.
	refreshBefore = 5 * time.Minute
	// lease bounds one host's attempt; after it another host may try. It covers one whole outgoing call.
	lease = 15 * time.Second
	// pollEvery is how often a host looks at the row while another host fetches.
	pollEvery = 150 * time.Millisecond
	// failurePauseMax bounds the pause after failed fetches, which doubles from failurePause.
	failurePause    = time.Second
	failurePauseMax = 30 * time.Second
	// refreshTimeout bounds one refresh, which goes on when the caller that began it has left.
	refreshTimeout = 20 * time.Second
)

// held is a token in memory; version 0 is none.
type held struct {
	value     string
	version   int64
	expiresAt time.Time
}

// is says whether both are the same token of the same row version.
func (h held) is(other held) bool {
	return h.version > 0 && h.version == other.version && h.value == other.value
}

// usable says whether WeChat should accept h at now, as far as we know.
func (h held) usable(now time.Time, rejected held) bool {
	return h.value != "" && now.Before(h.expiresAt) && !h.is(rejected)
}

// fresh says whether h need not be replaced yet.
func (h held) fresh(now time.Time) bool { return now.Before(h.expiresAt.Add(-refreshBefore)) }

// failure remembers the last failed fetch, so that callers get its error instead of asking WeChat again at once.
type failure struct {
	err   error
	count int
	until time.Time
}

// flight is one refresh under way in this process.
type flight struct {
	done chan struct{}
	held held
	err  error
}

// get gives a token that has not expired and is not the rejected one, refreshing as needed.
func (s *Source) get(ctx context.Context, rejected held) (held, error) {
	s.mu.Lock()
	now, h := s.o.Now(), s.held
	usable := h.usable(now, rejected)
	if usable && h.fresh(now) {
		s.mu.Unlock()
		return h, nil
	}
	if s.failure.err != nil && now.Before(s.failure.until) {
		defer s.mu.Unlock()
		if usable {
			return h, nil
		}
		return held{}, s.failure.err
	}
	f := s.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		s.flight = f
		go s.fly(context.WithoutCancel(ctx), f, rejected)
	}
	s.mu.Unlock()
	if usable {
		return h, nil // good for minutes yet: the refresh goes on behind
	}
	select {
	case <-f.done:
		if f.err == nil && f.held.is(rejected) {
			return s.get(ctx, rejected) // that flight began before the token was found bad
		}
		return f.held, f.err
	case <-ctx.Done():
		return held{}, fault.New(fault.WeChatUnavailable, ctx.Err())
	}
}

// fly refreshes for everybody who waits on f.
func (s *Source) fly(ctx context.Context, f *flight, rejected held) {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	h, err := s.safeRefresh(ctx, rejected)
	s.mu.Lock()
	if err == nil {
		s.held, s.failure = h, failure{}
	} else {
		s.failure = s.failure.next(err, s.o.Now())
		s.o.Log.WarnContext(ctx, "token refresh failed", "appid", s.o.AppID, "kind", s.o.Kind, "err", err)
	}
	f.held, f.err = h, err
	s.flight = nil
	s.mu.Unlock()
	close(f.done)
}

// safeRefresh turns a panic of a store or fetch into an error: it runs in a goroutine of our own, where a panic would
// end the host.
func (s *Source) safeRefresh(ctx context.Context, rejected held) (h held, err error) {
	defer func() {
		if r := recover(); r != nil {
			h, err = held{}, fault.Newf(fault.Internal, "token refresh panicked: %T", r)
		}
	}()
	return s.refresh(ctx, rejected)
}

// refresh takes the row's token if it is good, else replaces it if this host gets the claim, else waits for the host
// that has it.
func (s *Source) refresh(ctx context.Context, rejected held) (held, error) {
	for {
		row, err := s.load(ctx)
		if err != nil {
			return held{}, err
		}
		now := s.o.Now()
		usable := row.usable(now, rejected)
		if usable && row.fresh(now) {
			return row, nil
		}
		owner := rand.Text()
		mine, err := s.o.Store.ClaimRefresh(ctx, s.o.AppID, s.o.Kind, owner, row.version, lease)
		if err != nil {
			return held{}, fmt.Errorf("claim the refresh of %s: %w", s.o.Kind, err)
		}
		if mine {
			return s.replace(ctx, owner, row)
		}
		if usable {
			return row, nil // another host is replacing it; ours lasts until then
		}
		if err := s.o.Sleep(ctx, pollEvery); err != nil {
			return held{}, fault.Newf(fault.WeChatUnavailable, "wait for another host's %s: %w", s.o.Kind, err)
		}
	}
}

// replace fetches and saves the token that follows row.
func (s *Source) replace(ctx context.Context, owner string, row held) (held, error) {
	fetched, err := s.o.Fetch(ctx)
	if err == nil && (fetched.Value == "" || fetched.TTL <= 0) {
		err = fault.Newf(fault.WeChatUnavailable, "fetch of %s gave no token", s.o.Kind)
	}
	if err != nil {
		if released := s.o.Store.ReleaseRefresh(context.WithoutCancel(ctx), s.o.AppID, s.o.Kind, owner); released != nil {
			err = errors.Join(err, released)
		}
		return held{}, err
	}
	expiresAt := s.o.Now().Add(fetched.TTL)
	sealed, err := s.o.Sealer.Seal([]byte(fetched.Value), s.aad())
	if err != nil {
		return held{}, fmt.Errorf("seal %s: %w", s.o.Kind, err)
	}
	value := base64.StdEncoding.EncodeToString(sealed)
	saved, err := s.o.Store.SaveToken(ctx, s.o.AppID, s.o.Kind, row.version, value, expiresAt)
	if err != nil {
		return held{}, fmt.Errorf("save %s: %w", s.o.Kind, err)
	}
	if !saved { // our lease ran out and another host was faster: its token is the one
		return s.load(ctx)
	}
	return held{value: fetched.Value, version: row.version + 1, expiresAt: expiresAt}, nil
}

// load reads the row. A value that cannot be opened, say after a change of secrets, counts as expired.
func (s *Source) load(ctx context.Context) (held, error) {
	row, found, err := s.o.Store.LoadToken(ctx, s.o.AppID, s.o.Kind)
	if err != nil {
		return held{}, fmt.Errorf("load %s: %w", s.o.Kind, err)
	}
	if !found {
		return held{}, nil
	}
	value, ok := s.open(row)
	if !ok {
		s.o.Log.WarnContext(ctx, "a stored token cannot be opened; fetching anew", "appid", s.o.AppID, "kind", s.o.Kind)
		return held{version: row.Version}, nil
	}
	return held{value: value, version: row.Version, expiresAt: row.ExpiresAt}, nil
}

func (s *Source) open(row Stored) (string, bool) {
	sealed, err := base64.StdEncoding.DecodeString(row.Value)
	if err != nil {
		return "", false
	}
	plain, err := s.o.Sealer.Open(sealed, s.aad())
	return string(plain), err == nil
}

func (s *Source) aad() string { return "token/" + s.o.AppID + "/" + s.o.Kind }

func (f failure) next(err error, now time.Time) failure {
	pause := min(failurePauseMax, failurePause<<min(f.count, 10))
	if fault.CodeOf(err) == fault.WeChatRefused {
		pause = failurePauseMax // wrong secret, address not on the list: asking again changes nothing
	}
	return failure{err: err, count: f.count + 1, until: now.Add(pause)}
}

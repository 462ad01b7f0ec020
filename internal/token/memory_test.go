package token

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/seal"
)

// memory is a Store: the database that several sources, as hosts, share.
type memory struct {
	mu    sync.Mutex
	row   Stored
	owner string
	until time.Time
	err   error
}

func (m *memory) LoadToken(context.Context, string, string) (Stored, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.row, m.row.Version > 0, m.err
}

func (m *memory) ClaimRefresh(_ context.Context, _, _, owner string, seen int64, lease time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return false, m.err
	}
	if m.row.Version != seen || (m.owner != "" && time.Now().Before(m.until)) {
		return false, nil
	}
	m.owner, m.until = owner, time.Now().Add(lease)
	return true, nil
}

func (m *memory) ReleaseRefresh(_ context.Context, _, _, owner string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.owner == owner {
		m.owner = ""
	}
	return m.err
}

func (m *memory) SaveToken(_ context.Context, _, _ string, seen int64, value string, expiresAt time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return false, m.err
	}
	if m.row.Version != seen {
		return false, nil
	}
	m.row, m.owner = Stored{Version: seen + 1, Value: value, ExpiresAt: expiresAt}, ""
	return true, nil
}

// wechat gives tokens as stable_token does in normal mode.
type wechat struct {
	mu      sync.Mutex
	current string
	ends    time.Time
	serial  byte
	fetches int
	takes   time.Duration // one answer
	err     error
}

var errDown = errors.New("WeChat is down")

const tokenLife = 2 * time.Hour

func (w *wechat) fetch(ctx context.Context) (Fetched, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fetches++
	select {
	case <-time.After(w.takes):
	case <-ctx.Done():
		return Fetched{}, ctx.Err()
	}
	if w.err != nil {
		return Fetched{}, w.err
	}
	if w.current == "" || !time.Now().Before(w.ends.Add(-refreshBefore)) {
		w.issue()
	}
	return Fetched{Value: w.current, TTL: time.Until(w.ends)}, nil
}

// issue starts a new token; in these minutes the old one still works.
func (w *wechat) issue() {
	w.serial++
	w.current, w.ends = "canary-token-"+string('a'+w.serial), time.Now().Add(tokenLife)
}

func (w *wechat) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fetches
}

func newSource(t *testing.T, w *wechat, m *memory) *Source {
	t.Helper()
	box, err := seal.New(seal.Key{ID: 1, Secret: []byte("secret-of-the-configuration")})
	require.NoError(t, err)
	s, err := New(Options{AppID: "wx1", Fetch: w.fetch, Store: m, Sealer: box})
	require.NoError(t, err)
	return s
}

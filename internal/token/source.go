// Package token keeps one access_token (接口调用凭据) or ticket alive for all hosts of a database: at most one fetch for
// each of its lives, shared through a store, encrypted there.
//
// It knows how to fetch stable_token; other kinds bring their own Fetch.
package token

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"wgink.ink/wechat/internal/outbound"
)

// KindAccessToken is the kind of the app's access_token. A JS-SDK ticket is "jsapi_ticket".
const KindAccessToken = "access_token"

// Fetched is a token fresh from WeChat.
type Fetched struct {
	Value string
	TTL   time.Duration // how long WeChat accepts it from now
}

// Fetch asks WeChat for a token.
type Fetch func(ctx context.Context) (Fetched, error)

// Options says which token a Source keeps.
type Options struct {
	AppID  string       // Required.
	Kind   string       // Default: KindAccessToken.
	Fetch  Fetch        // Required, for example StableToken.
	Store  Store        // Required.
	Sealer Sealer       // Required.
	Log    *slog.Logger // Default: discards.
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Sleep waits between two looks at the row while another host fetches. Default: outbound.Sleep.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Source gives out the token. It is safe for concurrent use.
type Source struct {
	o       Options
	mu      sync.Mutex // guards held, failure and flight
	held    held
	failure failure
	flight  *flight
}

// New checks the options; it calls nobody.
func New(o Options) (*Source, error) {
	if o.AppID == "" || o.Fetch == nil || o.Store == nil || o.Sealer == nil {
		return nil, errors.New("token: appid, fetch, store and sealer are required")
	}
	if o.Kind == "" {
		o.Kind = KindAccessToken
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = outbound.Sleep
	}
	return &Source{o: o}, nil
}

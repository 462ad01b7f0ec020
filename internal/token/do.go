package token

import (
	"context"
	"errors"

	"wgink.ink/wechat/internal/outbound/errcode"
)

// Token gives a token that is valid as far as we know.
func (s *Source) Token(ctx context.Context) (string, error) {
	h, err := s.get(ctx, held{})
	return h.value, err
}

// Do calls f with the token. If f fails with errcode.ErrTokenInvalid, that token is thrown away, a new one fetched
// once for all callers, and f called once more.
func (s *Source) Do(ctx context.Context, f func(ctx context.Context, token string) error) error {
	h, err := s.get(ctx, held{})
	if err != nil {
		return err
	}
	err = f(ctx, h.value)
	if !errors.Is(err, errcode.ErrTokenInvalid) {
		return err
	}
	s.o.Log.WarnContext(ctx, "WeChat refuses a token that should be valid; fetching anew",
		"appid", s.o.AppID, "kind", s.o.Kind, "version", h.version)
	if h, err = s.get(ctx, h); err != nil {
		return err
	}
	return f(ctx, h.value)
}

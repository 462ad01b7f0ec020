package token

import (
	"context"
	"errors"

	"wgink.ink/wechat/internal/outbound/errcode"
)

// Token gives a token that is valid as far as we know.
func (s *Source) Token(ctx context.Context) (string, error) {
	h, err := s.get(ctx, 0)
	return h.value, err
}

// Do calls f with the token. If f fails with errcode.ErrTokenInvalid, that version of the token is thrown away, a new
// one fetched once for all callers, and f called once more.
func (s *Source) Do(ctx context.Context, f func(ctx context.Context, token string) error) error {
	h, err := s.get(ctx, 0)
	if err != nil {
		return err
	}
	err = f(ctx, h.value)
	if !errors.Is(err, errcode.ErrTokenInvalid) {
		return err
	}
	s.o.Log.WarnContext(ctx, "WeChat refuses a token that should be valid; fetching anew",
		"appid", s.o.AppID, "kind", s.o.Kind, "version", h.version)
	if h, err = s.get(ctx, h.version+1); err != nil {
		return err
	}
	return f(ctx, h.value)
}

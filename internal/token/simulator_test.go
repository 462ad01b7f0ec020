package token_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/miniprogram"
	"wgink.ink/wechat/internal/outbound"
	"wgink.ink/wechat/internal/token"
	"wgink.ink/wechat/wechattest"
)

// oneHost is a store that nobody else uses.
type oneHost struct{ row token.Stored }

func (o *oneHost) LoadToken(context.Context, string, string) (token.Stored, bool, error) {
	return o.row, o.row.Version > 0, nil
}

func (o *oneHost) ClaimRefresh(_ context.Context, _, _, _ string, seen int64, _ time.Duration) (bool, error) {
	return seen == o.row.Version, nil
}

func (o *oneHost) ReleaseRefresh(context.Context, string, string, string) error { return nil }

func (o *oneHost) SaveToken(_ context.Context, _, _ string, seen int64, value string, expiresAt time.Time) (bool, error) {
	o.row = token.Stored{Version: seen + 1, Value: value, ExpiresAt: expiresAt}
	return true, nil
}

type plain struct{}

func (plain) Seal(p []byte, _ string) ([]byte, error) { return p, nil }
func (plain) Open(p []byte, _ string) ([]byte, error) { return p, nil }

// A phone number through a token that WeChat ends in between: the user notices nothing, the code is not lost.
func TestPhoneNumberThroughARevokedToken(t *testing.T) {
	t.Parallel()
	clock := wechattest.NewClock(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC))
	sim := wechattest.New(t, wechattest.WithClock(clock))
	client, err := outbound.New(outbound.Options{AllowHosts: []string{outbound.APIHost}, Transport: sim.RoundTripper()})
	require.NoError(t, err)
	app := sim.App()
	secret := config.Secret(app.AppSecret)
	source, err := token.New(token.Options{
		AppID: app.AppID, Fetch: token.StableToken(client, app.AppID, secret), Store: &oneHost{}, Sealer: plain{}, Now: clock.Now,
	})
	require.NoError(t, err)
	mini, err := miniprogram.New(miniprogram.Options{AppID: app.AppID, Secret: secret, HTTP: client})
	require.NoError(t, err)

	phone := sim.Phone("Ann")
	login, err := phone.Login(t.Context())
	require.NoError(t, err)
	session, err := mini.Code2Session(t.Context(), login)
	require.NoError(t, err)
	require.Equal(t, phone.OpenID(), session.OpenID)
	number := func() (got miniprogram.Phone) {
		code, err := phone.GrantPhone(t.Context())
		require.NoError(t, err)
		err = source.Do(t.Context(), func(ctx context.Context, accessToken string) error {
			got, err = mini.PhoneNumber(ctx, accessToken, code, session.OpenID)
			return err
		})
		require.NoError(t, err)
		return got
	}
	require.Equal(t, phone.Number(), number().PureNumber)
	before, err := source.Token(t.Context())
	require.NoError(t, err)

	sim.RevokeAccessTokens()
	require.Equal(t, phone.Number(), number().PureNumber)
	after, err := source.Token(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, before, after)

	clock.Advance(3 * time.Hour)
	require.Equal(t, phone.Number(), number().PureNumber)
}

func TestStableTokenRefusals(t *testing.T) {
	t.Parallel()
	sim := wechattest.New(t)
	client, err := outbound.New(outbound.Options{AllowHosts: []string{outbound.APIHost}, Transport: sim.RoundTripper()})
	require.NoError(t, err)
	_, err = token.StableToken(client, sim.App().AppID, "canary-wrong-secret")(t.Context())
	require.Equal(t, fault.WeChatRefused, fault.CodeOf(err), "%v", err)
	require.NotContains(t, err.Error(), "canary")
	_, err = token.StableToken(client, "wx0000000000000000", "canary-wrong-secret")(t.Context())
	require.Equal(t, fault.WeChatRefused, fault.CodeOf(err), "%v", err)
}

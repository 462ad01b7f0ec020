package sdk

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// bold declares nothing about the shadow.
type bold struct{ events int }

func (b *bold) OnNotice(context.Context, *Notice) error {
	b.events++
	return nil
}

// careful declares it.
type careful struct{ shadow bool }

func (c *careful) HonoursShadow() {}

func (c *careful) OnNotice(_ context.Context, n *Notice) error {
	c.shadow = n.Shadow
	return nil
}

func TestShadowMustBeDeclared(t *testing.T) {
	t.Parallel()
	hand := func(handler any) (features []string, err error) {
		s, err := newServer(handler, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		d, err := s.Describe(t.Context(), nil)
		require.NoError(t, err)
		_, err = s.Configure(t.Context(), &pluginv1.ConfigureRequest{MaxConcurrency: 1, Shadow: true})
		require.NoError(t, err)
		_, err = s.HandleNotice(t.Context(), &pluginv1.HandleNoticeRequest{Delivery: &pluginv1.Delivery{EventId: "e1", Shadow: true}})
		return d.GetFeatures(), err
	}
	undeclared := &bold{}
	features, err := hand(undeclared)
	require.NotContains(t, features, wire.FeatureShadow)
	require.Equal(t, codes.Unimplemented, status.Code(err), "whatever a host does, the handler does not get it")
	require.Zero(t, undeclared.events)

	declared := &careful{}
	features, err = hand(declared)
	require.NoError(t, err)
	require.Contains(t, features, wire.FeatureShadow)
	require.True(t, declared.shadow)
}

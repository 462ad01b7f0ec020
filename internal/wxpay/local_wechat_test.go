package wxpay_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/outbound"
	"wgink.ink/wechat/internal/wxpay"
	"wgink.ink/wechat/wechattest"
)

// keptKeys is a store that a test host filled before its database was taken into production.
type keptKeys struct{ keys []wxpay.StoredKey }

func (k *keptKeys) LoadPlatformKeys(context.Context, string) ([]wxpay.StoredKey, error) {
	return k.keys, nil
}

func (k *keptKeys) SavePlatformKeys(_ context.Context, _ string, keys []wxpay.StoredKey) error {
	k.keys = keys
	return nil
}

// The local WeChat's keys are public. A database that was used with it must not bring its certificates into production.
func TestProductionRefusesCertificatesOfTheLocalWeChat(t *testing.T) {
	t.Parallel()
	sim, kept := wechattest.New(t), &keptKeys{}
	m := sim.Merchant()
	http, err := outbound.New(outbound.Options{AllowHosts: []string{outbound.PayHost}, Transport: sim.RoundTripper()})
	require.NoError(t, err)
	merchant, err := wxpay.NewMerchant(m.MchID, m.CertPEM, m.KeyPEM)
	require.NoError(t, err)
	keys, err := wxpay.NewAPIv3Keys(config.Secret(m.APIv3Key), "")
	require.NoError(t, err)
	ring := func(produce bool) *wxpay.Ring {
		r, err := wxpay.NewRing(wxpay.RingOptions{
			Merchant: merchant, APIv3: keys, HTTP: http, Store: kept, Produce: produce, Now: time.Now,
		})
		require.NoError(t, err)
		return r
	}
	test := ring(false)
	require.NoError(t, test.Refresh(t.Context()))
	require.True(t, test.Ready())
	require.NotEmpty(t, kept.keys)

	production := ring(true)
	require.NoError(t, production.Load(t.Context()))
	require.False(t, production.Ready(), "a stored certificate of the local WeChat was taken")
	require.Error(t, production.Refresh(t.Context()))
	require.False(t, production.Ready())
}

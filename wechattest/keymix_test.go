package wechattest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// share is how much of a hundred notices the public key signs.
func (b bench) share(t *testing.T) (percent int) {
	t.Helper()
	for range 100 {
		header := b.sim.SignBody([]byte("{}"))
		require.NoError(t, verify(b.publicKey(t, header.Get("Wechatpay-Serial")), header, "{}"))
		if header.Get("Wechatpay-Serial") == b.sim.PublicKeyID() {
			percent++
		}
	}
	return percent
}

func TestKeysAreMixed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.MixKeys(0.5, 1)
	require.InDelta(t, 50, b.share(t), 25)
	b.sim.MixKeys(0, 1)
	require.Zero(t, b.share(t))
	unasked := b.call(t, http.MethodGet, "/v3/certificates", "")
	requireSigned(t, b, unasked, b.sim.PlatformSerials()[0])
	b.sim.MixKeys(1, 1)
	require.Equal(t, 100, b.share(t))
	asked := b.call(t, http.MethodGet, "/v3/certificates", "", func(c *payCall) {
		c.header.Set("Wechatpay-Serial", b.sim.PlatformSerials()[0])
	})
	requireSigned(t, b, asked, b.sim.PlatformSerials()[0])
}

func TestSevenDaysOfKeyChange(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.StartKeyChange(3)
	require.LessOrEqual(t, b.share(t), 5)
	b.clock.Advance(5 * 24 * time.Hour)
	require.InDelta(t, 50, b.share(t), 25)
	b.clock.Advance(24 * time.Hour)
	require.Equal(t, 100, b.share(t))
	b.clock.Advance(24 * time.Hour)
	require.Equal(t, 100, b.share(t))

	certificate := setup(t, wechattest.WithKeyMode(wechattest.PlatformCertificate))
	certificate.sim.MixKeys(1, 1)
	require.Zero(t, certificate.share(t), "only with both keys")
}

// Of two orders about what signs, the later counts.
func TestLaterChoiceOfKeysCounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	signer := func() string { return b.sim.SignBody([]byte("{}")).Get("Wechatpay-Serial") }
	old := b.sim.PlatformSerials()[0]
	for name, change := range map[string]func(){
		"mix": func() { b.sim.MixKeys(1, 1) }, "seven days": func() { b.sim.StartKeyChange(1); b.clock.Advance(6 * 24 * time.Hour) },
	} {
		require.NoError(t, b.sim.SignWith(old))
		change()
		require.Equal(t, b.sim.PublicKeyID(), signer(), name)
	}
	b.sim.MixKeys(0, 1)
	require.NoError(t, b.sim.SignWith(old))
	b.sim.RotateCertificate()
	require.Equal(t, b.sim.PlatformSerials()[1], signer())
	require.NoError(t, b.sim.SignWith(old))
	require.Equal(t, old, signer())
}

func TestWrongAnswersOnRequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, how := range []wechattest.BadSignature{
		wechattest.SignatureForged, wechattest.SignatureSerial, wechattest.SignatureMissing,
	} {
		require.NoError(t, b.sim.Play(wechattest.Script{Faults: []wechattest.Fault{{
			On: wechattest.OnAnswer, Path: "/v3/pay/**", Signature: how, Times: 1,
		}}}))
		spoilt := b.query(t, "NO-0001")
		serial := spoilt.header.Get("Wechatpay-Serial")
		switch how {
		case wechattest.SignatureMissing:
			require.Empty(t, serial)
		case wechattest.SignatureSerial:
			require.True(t, wechattest.IsSimulatorKey(serial))
			require.NotContains(t, b.sim.PlatformSerials(), serial)
			require.NoError(t, verify(b.publicKey(t, b.sim.PlatformSerials()[0]), spoilt.header, spoilt.body))
		case wechattest.SignatureForged, wechattest.SignatureProbe:
			require.Error(t, verify(b.publicKey(t, serial), spoilt.header, spoilt.body))
		}
	}
	requireSigned(t, b, b.query(t, "NO-0001"), b.sim.PlatformSerials()[0])
}

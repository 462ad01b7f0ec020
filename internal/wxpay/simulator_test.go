package wxpay_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/config"
	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/outbound"
	"wgink.ink/wechat/internal/wxpay"
	"wgink.ink/wechat/wechattest"
)

// shop is a merchant over a local WeChat.
type shop struct {
	sim    *wechattest.Simulator
	clock  *wechattest.VirtualClock
	ring   *wxpay.Ring
	client *wxpay.Client
	opener *wxpay.NoticeOpener
}

func openShop(t *testing.T, publicKey bool, opts ...wechattest.Option) *shop {
	t.Helper()
	s := &shop{clock: wechattest.NewClock(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC))}
	s.sim = wechattest.New(t, append(opts, wechattest.WithClock(s.clock))...)
	s.sim.HoldNotices(true)
	m := s.sim.Merchant()
	httpClient, err := outbound.New(outbound.Options{
		AllowHosts: []string{outbound.PayHost, outbound.PayBackupHost}, Transport: s.sim.RoundTripper(),
	})
	require.NoError(t, err)
	merchant, err := wxpay.NewMerchant(m.MchID, m.CertPEM, m.KeyPEM)
	require.NoError(t, err)
	require.Equal(t, m.SerialNo, merchant.Serial())
	apiV3, err := wxpay.NewAPIv3Keys(config.Secret(m.APIv3Key), "")
	require.NoError(t, err)
	ringOptions := wxpay.RingOptions{Merchant: merchant, APIv3: apiV3, HTTP: httpClient, Now: s.clock.Now}
	if publicKey {
		ringOptions.PublicKeyID, ringOptions.PublicKeyPEM = s.sim.PublicKeyID(), s.sim.PublicKeyPEM()
	}
	s.ring, err = wxpay.NewRing(ringOptions)
	require.NoError(t, err)
	s.client, err = wxpay.New(wxpay.Options{
		Merchant: merchant, Ring: s.ring, HTTP: httpClient, AppIDs: []string{s.sim.App().AppID}, BackupHost: true,
		Now: s.clock.Now, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	require.NoError(t, err)
	s.opener = wxpay.NewNoticeOpener(s.ring, apiV3)
	return s
}

func (s *shop) order(no string, fen int64) wxpay.PrepayRequest {
	return wxpay.PrepayRequest{
		AppID: s.sim.App().AppID, OpenID: s.sim.Phone("Ann").OpenID(), OutTradeNo: no, Description: "一本书",
		AmountFen: fen, NotifyURL: "https://shop.example.com/wechat/pay/notice", Attach: "shelf 7",
		TimeExpire: s.clock.Now().Add(time.Hour),
	}
}

// pay places an order and lets Ann pay it.
func (s *shop) pay(t *testing.T, no string, fen int64) {
	t.Helper()
	prepayID, err := s.client.Prepay(t.Context(), s.order(no, fen))
	require.NoError(t, err)
	launch, err := s.client.Launch(s.sim.App().AppID, prepayID, s.clock.Now())
	require.NoError(t, err)
	require.NoError(t, s.sim.Phone("Ann").Pay(t.Context(), wechattest.Launch(launch)))
}

func headerOf(h http.Header) wxpay.NoticeHeader {
	return wxpay.NoticeHeader{
		Timestamp: h.Get("Wechatpay-Timestamp"), Nonce: h.Get("Wechatpay-Nonce"), Signature: h.Get("Wechatpay-Signature"),
		Serial: h.Get("Wechatpay-Serial"), SignatureType: h.Get("Wechatpay-Signature-Type"),
	}
}

// The whole life of an order, in each of WeChat's key modes, from a host that knows no certificate at first.
func TestOrderLife(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode      wechattest.KeyMode
		publicKey bool
	}{
		"certificates":                     {wechattest.PlatformCertificate, false},
		"public key":                       {wechattest.PublicKey, true},
		"both, host with public key":       {wechattest.BothKeys, true},
		"both, host with certificate only": {wechattest.BothKeys, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openShop(t, c.publicKey, wechattest.WithKeyMode(c.mode))
			ctx := t.Context()
			_, err := s.client.QueryByOutTradeNo(ctx, "order-1001")
			require.Equal(t, fault.OrderNotFound, fault.CodeOf(err), "%v", err)

			first, err := s.client.Prepay(ctx, s.order("order-1001", 199))
			require.NoError(t, err)
			require.NotEmpty(t, first)
			unpaid, err := s.client.QueryByOutTradeNo(ctx, "order-1001")
			require.NoError(t, err)
			require.Equal(t, wxpay.StateNotPay, unpaid.TradeState)

			_, err = s.client.Prepay(ctx, s.order("order-1001", 200))
			require.Equal(t, fault.OrderTermsDiffer, fault.CodeOf(err))

			s.pay(t, "order-1001", 199)
			paid, err := s.client.QueryByOutTradeNo(ctx, "order-1001")
			require.NoError(t, err)
			require.True(t, paid.Paid())
			require.Equal(t, int64(199), paid.AmountFen)
			require.Equal(t, s.sim.Phone("Ann").OpenID(), paid.OpenID)
			require.Equal(t, "shelf 7", paid.Attach)
			byID, err := s.client.QueryByTransactionID(ctx, paid.TransactionID)
			require.NoError(t, err)
			require.Equal(t, paid, byID)

			if err := s.ring.Refresh(ctx); c.mode != wechattest.PublicKey { // as Ring.Run does
				require.NoError(t, err)
			}
			notice, err := s.sim.Notice("order-1001")
			require.NoError(t, err)
			opened, err := s.opener.Open(headerOf(notice.Header), notice.Body, s.clock.Now())
			require.NoError(t, err)
			require.Equal(t, "TRANSACTION.SUCCESS", opened.EventType)
			told, err := wxpay.ParseTransaction(opened.Plaintext)
			require.NoError(t, err)
			require.Equal(t, paid.TransactionID, told.TransactionID)

			_, err = s.client.Prepay(ctx, s.order("order-1001", 199))
			require.Equal(t, fault.OrderPaid, fault.CodeOf(err))
			require.Equal(t, fault.OrderPaid, fault.CodeOf(s.client.Close(ctx, "order-1001")))

			_, err = s.client.Prepay(ctx, s.order("order-1002", 1))
			require.NoError(t, err)
			require.NoError(t, s.client.Close(ctx, "order-1002"))
			require.NoError(t, s.client.Close(ctx, "order-1002"))
			closed, err := s.client.QueryByOutTradeNo(ctx, "order-1002")
			require.NoError(t, err)
			require.Equal(t, wxpay.StateClosed, closed.TradeState)
			_, err = s.client.Prepay(ctx, s.order("order-1002", 1))
			require.Contains(t, []fault.Code{fault.OrderClosed, fault.OrderTermsDiffer}, fault.CodeOf(err))
		})
	}
}

func TestOrderPaidSpellings(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"ORDERPAID", "ORDER_PAID", "INVALID_REQUEST"} {
		s := openShop(t, true, wechattest.WithOrderPaidCode(code))
		s.pay(t, "order-1", 5)
		_, err := s.client.Prepay(t.Context(), s.order("order-1", 5))
		require.Equal(t, fault.OrderPaid, fault.CodeOf(err), code)
		require.Equal(t, fault.OrderPaid, fault.CodeOf(s.client.Close(t.Context(), "order-1")), code)
	}
}

func TestForgedNoticesOfTheLocalWeChat(t *testing.T) {
	t.Parallel()
	s := openShop(t, true)
	require.NoError(t, s.ring.Refresh(t.Context()))
	s.pay(t, "order-1001", 199)
	for name, c := range map[string]struct {
		change wechattest.NoticeChange
		want   wxpay.Reason
	}{
		"as sent":          {nil, ""},
		"probe":            {wechattest.ProbeSignature(), wxpay.ReasonProbe},
		"flipped bit":      {wechattest.FlipBodyByte(20), wxpay.ReasonBadSignature},
		"other serial":     {wechattest.ClaimSerial(s.sim.PublicKeyID()), wxpay.ReasonBadSignature},
		"unknown serial":   {wechattest.ClaimSerial("ABC"), wxpay.ReasonUnknownSerial},
		"late":             {wechattest.SignAt(s.clock.Now().Add(-301 * time.Second)), wxpay.ReasonStale},
		"other APIv3 key":  {wechattest.SealWith(strings.Repeat("k", 32)), wxpay.ReasonUndecryptable},
		"plaintext null":   {wechattest.ChangePlaintext([]byte("null")), wxpay.ReasonPlaintext},
		"no resource":      {wechattest.ChangeEnvelope(func(m map[string]any) { delete(m, "resource") }), wxpay.ReasonEnvelope},
		"body of two":      {wechattest.ChangeBody(func(b []byte) []byte { return append(b, b...) }), wxpay.ReasonEnvelope},
		"signed null body": {wechattest.ChangeBody(func([]byte) []byte { return []byte("null") }), wxpay.ReasonEnvelope},
	} {
		var changes []wechattest.NoticeChange
		if c.change != nil {
			changes = append(changes, c.change)
		}
		notice, err := s.sim.Notice("order-1001", changes...)
		require.NoError(t, err)
		_, err = s.opener.Open(headerOf(notice.Header), notice.Body, s.clock.Now())
		require.Equal(t, c.want, wxpay.ReasonOf(err), "%s: %v", name, err)
	}
}

func TestCertificateRotation(t *testing.T) {
	t.Parallel()
	s := openShop(t, false, wechattest.WithKeyMode(wechattest.PlatformCertificate))
	s.pay(t, "order-1001", 199)
	s.sim.RotateCertificate()
	notice, err := s.sim.Notice("order-1001")
	require.NoError(t, err)
	_, err = s.opener.Open(headerOf(notice.Header), notice.Body, s.clock.Now())
	require.Equal(t, wxpay.ReasonUnknownSerial, wxpay.ReasonOf(err)) // refused, and nobody is called
	require.NoError(t, s.ring.Refresh(t.Context()))                  // the hourly refresh
	_, err = s.opener.Open(headerOf(notice.Header), notice.Body, s.clock.Now())
	require.NoError(t, err)
	require.Len(t, s.ring.Status().Certificates, 2)
}

func TestPublicKeyMerchantHasNoCertificates(t *testing.T) {
	t.Parallel()
	s := openShop(t, true, wechattest.WithKeyMode(wechattest.PublicKey))
	require.ErrorIs(t, s.ring.Refresh(t.Context()), wxpay.ErrNoCertificates)
}

// The clock is the module's: hours after the start, signatures still hold.
func TestSignaturesFollowTheClock(t *testing.T) {
	t.Parallel()
	s := openShop(t, true)
	s.clock.Advance(72 * time.Hour)
	s.pay(t, "order-1001", 199)
}

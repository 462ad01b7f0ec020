package wechattest_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/verifiers"
	"github.com/wechatpay-apiv3/wechatpay-go/core/downloader"
	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"

	"wgink.ink/wechat/wechattest"
)

// sdkClient is the official SDK as it comes, except for its HTTP client.
func sdkClient(t *testing.T, sim *wechattest.Simulator, verifier auth.Verifier, opts ...core.ClientOption) *core.Client {
	t.Helper()
	m := sim.Merchant()
	client, err := core.NewClient(t.Context(), append([]core.ClientOption{
		option.WithMerchantCredential(m.MchID, m.SerialNo, privateKey(t, m.KeyPEM)),
		option.WithVerifier(verifier),
		option.WithHTTPClient(sim.Client()),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

// certificateVerifier downloads the platform certificates with the SDK's own downloader.
func certificateVerifier(t *testing.T, sim *wechattest.Simulator) auth.Verifier {
	t.Helper()
	m := sim.Merchant()
	client, err := core.NewClient(t.Context(),
		option.WithMerchantCredential(m.MchID, m.SerialNo, privateKey(t, m.KeyPEM)),
		option.WithoutValidator(), option.WithHTTPClient(sim.Client()))
	require.NoError(t, err)
	certificates, err := downloader.NewCertificateDownloaderWithClient(t.Context(), client, m.APIv3Key)
	require.NoError(t, err)
	return verifiers.NewSHA256WithRSAVerifier(certificates)
}

func publicKeyVerifier(t *testing.T, sim *wechattest.Simulator) auth.Verifier {
	t.Helper()
	block, _ := pem.Decode(sim.PublicKeyPEM())
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	require.NoError(t, err)
	return verifiers.NewSHA256WithRSAPubkeyVerifier(sim.PublicKeyID(), *key.(*rsa.PublicKey))
}

func prepayRequest(sim *wechattest.Simulator, openID, outTradeNo string) jsapi.PrepayRequest {
	return jsapi.PrepayRequest{
		Appid: new(sim.App().AppID), Mchid: new(sim.Merchant().MchID),
		Description: new("Image形象店-深圳腾大-QQ公仔"), OutTradeNo: new(outTradeNo),
		Attach: new("附加"), NotifyUrl: new("https://shop.example.com/notice"),
		TimeExpire: new(time.Now().Add(time.Hour)),
		Amount:     &jsapi.Amount{Total: new(int64(100))},
		Payer:      &jsapi.Payer{Openid: new(openID)},
	}
}

func TestOfficialSDK(t *testing.T) {
	t.Parallel()
	modes := map[string]struct {
		mode     wechattest.KeyMode
		verifier func(*testing.T, *wechattest.Simulator) auth.Verifier
	}{
		"PlatformCertificate":       {wechattest.PlatformCertificate, certificateVerifier},
		"PublicKey":                 {wechattest.PublicKey, publicKeyVerifier},
		"BothKeysAskingCertificate": {wechattest.BothKeys, certificateVerifier},
		"BothKeysAskingPublicKey":   {wechattest.BothKeys, publicKeyVerifier},
	}
	for name, mode := range modes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			received := make(chan *http.Request, 1)
			sim := wechattest.New(t, wechattest.WithKeyMode(mode.mode), wechattest.WithNotifyTransport(receiver(received)))
			verifier := mode.verifier(t, sim)
			if name == "BothKeysAskingPublicKey" {
				require.NoError(t, sim.SignWith(sim.PublicKeyID()))
			}
			service := jsapi.JsapiApiService{Client: sdkClient(t, sim, verifier)}
			phone := sim.Phone("alice")
			placed, _, err := service.PrepayWithRequestPayment(t.Context(), prepayRequest(sim, phone.OpenID(), "SDK-0001"))
			require.NoError(t, err)

			byNumber := jsapi.QueryOrderByOutTradeNoRequest{OutTradeNo: new("SDK-0001"), Mchid: new(sim.Merchant().MchID)}
			order, _, err := service.QueryOrderByOutTradeNo(t.Context(), byNumber)
			require.NoError(t, err)
			require.Equal(t, "NOTPAY", *order.TradeState)
			require.Nil(t, order.TransactionId)

			require.NoError(t, phone.Pay(t.Context(), wechattest.Launch{
				AppID: *placed.Appid, TimeStamp: *placed.TimeStamp, NonceStr: *placed.NonceStr,
				Package: *placed.Package, SignType: *placed.SignType, PaySign: *placed.PaySign,
			}))
			order, _, err = service.QueryOrderByOutTradeNo(t.Context(), byNumber)
			require.NoError(t, err)
			require.Equal(t, "SUCCESS", *order.TradeState)
			require.Equal(t, "附加", *order.Attach)
			byID, _, err := service.QueryOrderById(t.Context(), jsapi.QueryOrderByIdRequest{TransactionId: order.TransactionId, Mchid: byNumber.Mchid})
			require.NoError(t, err)
			require.Equal(t, order, byID)

			requireSDKAccepts(t, sim, verifier, <-received, *order.TransactionId)

			_, _, err = service.Prepay(t.Context(), prepayRequest(sim, phone.OpenID(), "SDK-0002"))
			require.NoError(t, err)
			_, err = service.CloseOrder(t.Context(), jsapi.CloseOrderRequest{OutTradeNo: new("SDK-0002"), Mchid: byNumber.Mchid})
			require.NoError(t, err)
			closed, _ := sim.Order("SDK-0002")
			require.Equal(t, wechattest.Closed, closed.State)
		})
	}
}

// requireSDKAccepts hands a notice to the SDK's own notice handler.
func requireSDKAccepts(t *testing.T, sim *wechattest.Simulator, verifier auth.Verifier, request *http.Request, transactionID string) {
	t.Helper()
	handler, err := notify.NewRSANotifyHandler(sim.Merchant().APIv3Key, verifier)
	require.NoError(t, err)
	var transaction payments.Transaction
	notice, err := handler.ParseNotifyRequest(context.Background(), request, &transaction)
	require.NoError(t, err)
	require.Equal(t, "TRANSACTION.SUCCESS", notice.EventType)
	require.Equal(t, transactionID, *transaction.TransactionId)
	require.Equal(t, int64(100), *transaction.Amount.Total)
}

func TestOfficialSDKIsRefused(t *testing.T) {
	t.Parallel()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	tests := map[string]struct {
		credential func(wechattest.Merchant, *rsa.PrivateKey) core.ClientOption
		tamper     func(*http.Request)
		issue      string
	}{
		"WrongMerchantKey": {
			credential: func(m wechattest.Merchant, _ *rsa.PrivateKey) core.ClientOption {
				return option.WithMerchantCredential(m.MchID, m.SerialNo, stranger)
			},
			issue: "sign not match",
		},
		"WrongSerial": {
			credential: func(m wechattest.Merchant, key *rsa.PrivateKey) core.ClientOption {
				return option.WithMerchantCredential(m.MchID, strings.Repeat("A", 40), key)
			},
			issue: "序列号",
		},
		"ChangedBody": {
			tamper: func(r *http.Request) {
				changed := strings.NewReader(strings.Repeat(" ", int(r.ContentLength)))
				r.Body = http.NoBody
				r.ContentLength = changed.Size()
			},
			issue: "sign not match",
		},
		"ChangedQuery": {
			tamper: func(r *http.Request) { r.URL.RawQuery = "a=" + strconv.Itoa(1) },
			issue:  "sign not match",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := wechattest.New(t)
			var opts []core.ClientOption
			if test.credential != nil {
				opts = append(opts, test.credential(sim.Merchant(), privateKey(t, sim.Merchant().KeyPEM)))
			}
			if test.tamper != nil {
				opts = append(opts, option.WithHTTPClient(&http.Client{Transport: tampering{sim.RoundTripper(), test.tamper}}))
			}
			service := jsapi.JsapiApiService{Client: sdkClient(t, sim, publicKeyVerifier(t, sim), opts...)}
			_, _, err := service.Prepay(t.Context(), prepayRequest(sim, sim.Phone("alice").OpenID(), "SDK-0001"))
			var refused *core.APIError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, http.StatusUnauthorized, refused.StatusCode)
			require.Equal(t, "SIGN_ERROR", refused.Code)
			require.Contains(t, refused.Body, test.issue)
			require.Empty(t, sim.Orders())
		})
	}
}

// tampering changes requests on their way.
type tampering struct {
	next   http.RoundTripper
	change func(*http.Request)
}

func (m tampering) RoundTrip(r *http.Request) (*http.Response, error) {
	m.change(r)
	return m.next.RoundTrip(r)
}

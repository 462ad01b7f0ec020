package wechattest_test

import (
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"
	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	"wgink.ink/wechat/wechattest"
)

// What docs/local-wechat.md shows is taken from here; a test beside cmd/wechatctl compares.

// inMemory carries notices to a handler without a port.
type inMemory struct{ handler http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	m.handler.ServeHTTP(answer, r)
	return answer.Result(), nil
}

func TestMyShop(t *testing.T) {
	t.Parallel()
	clock := wechattest.NewClock(time.Now()) // stands still until you advance it
	sim := wechattest.New(t, wechattest.WithClock(clock), wechattest.WithNotifyTransport(inMemory{myShop(t)}))

	m := sim.Merchant() // number, certificate, private key, APIv3 key
	client, err := core.NewClient(t.Context(),
		option.WithWechatPayPublicKeyAuthCipher(m.MchID, m.SerialNo, privateKey(t, m.KeyPEM), sim.PublicKeyID(), publicKey(t, sim)),
		option.WithHTTPClient(sim.Client()), // every request is answered in memory, whatever its host
	)
	require.NoError(t, err)

	alice := sim.Phone("alice")
	code, err := alice.Login(t.Context()) // wx.login; GrantPhone is the getPhoneNumber button
	require.NoError(t, err)
	require.Len(t, code, 32) // hand it to your log-in

	prepay, _, err := (&jsapi.JsapiApiService{Client: client}).PrepayWithRequestPayment(t.Context(), jsapi.PrepayRequest{
		Appid: new(sim.App().AppID), Mchid: new(m.MchID), Description: new("tea"),
		OutTradeNo: new("ORDER-0001"), NotifyUrl: new("https://shop.example.com/notice"),
		Amount: &jsapi.Amount{Total: new(int64(1800))}, Payer: &jsapi.Payer{Openid: new(alice.OpenID())},
	})
	require.NoError(t, err)
	require.NoError(t, alice.Pay(t.Context(), wechattest.Launch{ // wx.requestPayment; also PayCode, PayH5, PayApp
		TimeStamp: *prepay.TimeStamp, NonceStr: *prepay.NonceStr, Package: *prepay.Package,
		SignType: *prepay.SignType, PaySign: *prepay.PaySign,
	}))

	require.NoError(t, sim.Settle(t.Context())) // until nothing is due at the clock's present time
	first := sim.Attempts("ORDER-0001")[0]      // each delivery: when, what the shop answered, when the next comes
	require.Equal(t, http.StatusInternalServerError, first.Status)
	clock.Advance(15 * time.Second) // the retry timetable, expiry, token lives, bills: all follow the clock
	require.NoError(t, sim.Settle(t.Context()))
	require.True(t, sim.Attempts("ORDER-0001")[1].Accepted())
	order, found := sim.Order("ORDER-0001")
	require.True(t, found)
	require.Equal(t, wechattest.Paid, order.State)
}

// Scripts in Go and in YAML say the same.
func TestMyShopInBadWeather(t *testing.T) {
	t.Parallel()
	text := []byte("faults: [{on: notice, drop: true}]")
	sim := wechattest.New(t)
	script, err := wechattest.ParseScript(text)
	require.NoError(t, err)
	require.NoError(t, sim.Play(script))
	require.Len(t, sim.FaultReports(), 1)
}

// myShop has a fault: it fails on its first notice.
func myShop(t *testing.T) http.Handler {
	t.Helper()
	failed := false // notices about one order come one after the other
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !failed {
			failed = true
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func publicKey(t *testing.T, sim *wechattest.Simulator) *rsa.PublicKey {
	t.Helper()
	key, err := utils.LoadPublicKey(string(sim.PublicKeyPEM()))
	require.NoError(t, err)
	return key
}

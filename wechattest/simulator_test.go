package wechattest_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"wgink.ink/wechat/wechattest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNewIsQuick(t *testing.T) {
	t.Parallel()
	best := time.Hour // of several, since the machine may be busy
	for range 5 {
		began := time.Now()
		sim, err := wechattest.Open()
		best = min(best, time.Since(began))
		require.NoError(t, err)
		require.NoError(t, sim.Close())
	}
	require.Less(t, best, 100*time.Millisecond)
}

func TestWrongSettingsAreReportedTogether(t *testing.T) {
	t.Parallel()
	_, err := wechattest.Open(wechattest.WithMerchant("", "short"), wechattest.WithRetrySpeed(0))
	require.ErrorContains(t, err, "APIv3 key has 5 bytes")
	require.ErrorContains(t, err, "merchant number")
	require.ErrorContains(t, err, "retry speed")
}

func TestSpeedsAreNumbers(t *testing.T) {
	t.Parallel()
	for _, speed := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		_, err := wechattest.Open(wechattest.WithClock(wechattest.NewSpeedClock(speed)))
		require.ErrorContains(t, err, "speed of the clock")
		_, err = wechattest.Open(wechattest.WithRetrySpeed(speed))
		require.ErrorContains(t, err, "retry speed")
	}
	_, err := wechattest.Open(wechattest.WithRefundDelay(-time.Second))
	require.ErrorContains(t, err, "refund")
}

func TestKeysAreRecognisable(t *testing.T) {
	t.Parallel()
	sim := wechattest.New(t)
	require.True(t, wechattest.IsSimulatorKey(sim.Merchant().SerialNo))
	require.True(t, wechattest.IsSimulatorKey(sim.PlatformSerials()[0]))
	require.True(t, wechattest.IsSimulatorKey(sim.PublicKeyID()))
	require.Regexp(t, `^PUB_KEY_ID_\d{34}$`, sim.PublicKeyID())
	require.False(t, wechattest.IsSimulatorKey("5157F09EFDC096DE15EBE81A47057A7232F1B8E1"))
	require.False(t, wechattest.IsSimulatorKey("PUB_KEY_ID_0000000000000024101100397200000006"))

	dir := filepath.Join(t.TempDir(), "merchant")
	require.NoError(t, sim.WriteMerchantFiles(dir))
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, wechattest.MerchantCertFile), filepath.Join(dir, wechattest.MerchantKeyFile))
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(pair.Certificate[0])
	require.NoError(t, err)
	require.True(t, wechattest.IsSimulatorCertificate(certificate))
	require.False(t, wechattest.IsSimulatorCertificate(&x509.Certificate{}))
	public, err := os.ReadFile(filepath.Join(dir, wechattest.PublicKeyFile))
	require.NoError(t, err)
	block, _ := pem.Decode(public)
	require.Equal(t, "PUBLIC KEY", block.Type)
}

func TestRealPort(t *testing.T) {
	t.Parallel()
	received := make(chan string, 1)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received <- r.Header.Get("User-Agent")
		w.WriteHeader(http.StatusNoContent)
	}))
	defer shop.Close()
	b := setup(t, wechattest.WithNotifyTransport(nil))
	base, err := b.sim.Listen("127.0.0.1:0")
	require.NoError(t, err)
	_, err = b.sim.Listen("127.0.0.1:0")
	require.Error(t, err)

	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/sns/jscode2session", nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)

	b.buy(t, "NO-0001", set("notify_url", shop.URL+"/notice"))
	b.settle(t)
	require.Equal(t, "Mozilla/4.0", <-received)
	require.Equal(t, http.StatusNoContent, b.sim.Attempts("NO-0001")[0].Status)

	require.NoError(t, b.sim.Close())
	require.NoError(t, b.sim.Close(), "closing twice is fine")
	_, err = b.sim.Listen("127.0.0.1:0")
	require.ErrorIs(t, err, wechattest.ErrClosed)
}

func TestClosingCutsADeliveryShort(t *testing.T) {
	t.Parallel()
	path, began := filepath.Join(t.TempDir(), "wechat.json"), make(chan struct{})
	hanging := transport(func(r *http.Request) (*http.Response, error) {
		close(began)
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	b := setup(t, wechattest.WithStateFile(path), wechattest.WithNotifyTransport(hanging))
	b.buy(t, "NO-0001")
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.sim.Settle(ctx), context.Canceled)
	require.NoError(t, b.sim.Close())

	again := setup(t, wechattest.WithStateFile(path))
	again.settle(t)
	attempts := again.sim.Attempts("NO-0001")
	require.Len(t, attempts, 1, "the cut delivery does not count and is made again")
	require.True(t, attempts[0].Accepted())
}

func TestStateSurvivesARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data", "wechat.json")
	first := setup(t, wechattest.WithStateFile(path))
	first.alice.SetNumber("86", "13580006666")
	first.inbox.answerWith(http.StatusBadGateway)
	paid := first.buy(t, "NO-0001")
	prepayID := first.place(t, "NO-0002")
	first.close(t, "NO-0003")
	code, token := first.login(t, first.alice), first.token(t, false).field("access_token")
	first.settle(t)
	require.NoError(t, first.sim.Close())

	second := setup(t, wechattest.WithStateFile(path))
	require.Equal(t, "13580006666", second.alice.Number())
	require.Equal(t, second.alice.OpenID(), second.exchange(t, code).field("openid"))
	require.Equal(t, token, second.token(t, false).field("access_token"))
	restored, _ := second.sim.Order("NO-0001")
	require.Equal(t, paid.TransactionID, restored.TransactionID)
	require.NoError(t, second.alice.Pay(t.Context(), second.launch(t, prepayID)))
	require.Equal(t, "INVALID_REQUEST", second.call(t, http.MethodPost, jsapiPath, second.order("NO-0003")).code())

	second.clock.Advance(15 * time.Second)
	second.settle(t)
	attempts := second.sim.Attempts("NO-0001")
	require.Len(t, attempts, 2, "the retry goes on")
	require.Equal(t, 2, attempts[1].Number)
	require.True(t, attempts[1].Accepted())
}

func TestStateFileHasOneOwner(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "wechat.json")
	first := setup(t, wechattest.WithStateFile(path))
	_, err := wechattest.Open(wechattest.WithStateFile(path))
	require.ErrorContains(t, err, path+" belongs to another local WeChat that is running")
	first.buy(t, "NO-0001")
	require.NoError(t, first.sim.Close())
	second := setup(t, wechattest.WithStateFile(path))
	require.Len(t, second.sim.Orders(), 1)
	require.NoError(t, second.sim.Close())

	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	for range 2 { // the first failure gave the lock up
		_, err = wechattest.Open(wechattest.WithStateFile(path))
		require.ErrorContains(t, err, "restore")
	}
}

func TestSnapshotAndRestore(t *testing.T) {
	t.Parallel()
	var saved bytes.Buffer
	first := setup(t)
	first.buy(t, "NO-0001")
	first.settle(t)
	require.NoError(t, first.sim.Snapshot(&saved))
	second := setup(t)
	second.buy(t, "NO-0002")
	require.NoError(t, second.sim.Restore(bytes.NewReader(saved.Bytes())))
	require.Len(t, second.sim.Orders(), 1)
	require.Error(t, second.sim.Restore(bytes.NewReader([]byte("{"))))
	require.Error(t, second.sim.Restore(bytes.NewReader([]byte(`{"version":99}`))))
	require.Len(t, second.sim.Orders(), 1)
}

func TestObserverSeesEverythingButSecrets(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []wechattest.Exchange
	b := setup(t, wechattest.WithObserver(func(e wechattest.Exchange) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, e)
	}))
	sessionKey := b.exchange(t, b.login(t, b.alice)).field("session_key")
	token := b.token(t, false).field("access_token")
	b.phoneNumber(t, token, b.grant(t), "")
	b.buy(t, "NO-0001")
	b.settle(t)

	mu.Lock()
	defer mu.Unlock()
	require.Len(t, seen, 5)
	last := seen[4]
	require.Equal(t, wechattest.FromWeChat, last.Direction)
	require.Equal(t, "https://shop.example.com/wechat/pay/notice", last.Path)
	require.Equal(t, http.StatusNoContent, last.Status)
	require.Equal(t, jsapiPath, seen[3].Path)
	require.Contains(t, seen[0].Path, "secret=***")
	require.Contains(t, seen[2].Path, "access_token=***")
	for _, e := range seen {
		everything := e.Path + e.RequestBody + e.ResponseBody
		for _, secret := range []string{sessionKey, token, b.sim.App().AppSecret} {
			require.NotContains(t, everything, secret)
		}
	}
}

func TestManyUsersAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var all sync.WaitGroup
	for _, name := range []string{"A", "B", "C", "D", "E", "F", "G", "H"} {
		all.Go(func() {
			phone := b.sim.Phone(name)
			number := "NO-000" + name
			placed := b.call(t, http.MethodPost, jsapiPath, b.order(number, set("payer", map[string]any{"openid": phone.OpenID()})))
			if err := phone.Pay(t.Context(), b.launch(t, placed.field("prepay_id"))); err != nil {
				t.Error(err)
			}
			b.query(t, number)
		})
	}
	all.Wait()
	b.settle(t)
	require.Len(t, b.sim.Attempts(""), 8)
}

package wechattest_test

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth"
	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/app"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/h5"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"

	"wgink.ink/wechat/wechattest"
)

const sdkNotifyURL = "https://shop.example.com/notice"

// The SDK lives by the real time, and so do these tests; a bill needs a clock that was turned.
func sdkBench(t *testing.T) (sim *wechattest.Simulator, clock *wechattest.VirtualClock, verifier auth.Verifier, received chan *http.Request) {
	t.Helper()
	received = make(chan *http.Request, 16)
	clock = wechattest.NewClock(time.Now())
	sim = wechattest.New(t, wechattest.WithClock(clock), wechattest.WithNotifyTransport(receiver(received)))
	return sim, clock, certificateVerifier(t, sim), received
}

func TestOfficialSDKSellsByQRCode(t *testing.T) {
	t.Parallel()
	sim, _, verifier, received := sdkBench(t)
	service := native.NativeApiService{Client: sdkClient(t, sim, verifier)}
	placed, _, err := service.Prepay(t.Context(), native.PrepayRequest{
		Appid: new(sim.App().AppID), Mchid: new(sim.Merchant().MchID), Description: new("tea"), OutTradeNo: new("SDK-0001"),
		NotifyUrl: new(sdkNotifyURL), Amount: &native.Amount{Total: new(int64(100))},
	})
	require.NoError(t, err)
	require.NoError(t, sim.Phone("alice").PayCode(t.Context(), *placed.CodeUrl))
	order, _ := sim.Order("SDK-0001")
	requireSDKAccepts(t, sim, verifier, <-received, order.TransactionID)
	found, _, err := service.QueryOrderByOutTradeNo(t.Context(), native.QueryOrderByOutTradeNoRequest{
		OutTradeNo: new("SDK-0001"), Mchid: new(sim.Merchant().MchID),
	})
	require.NoError(t, err)
	require.Equal(t, "NATIVE", *found.TradeType)
}

func TestOfficialSDKSellsInBrowsers(t *testing.T) {
	t.Parallel()
	sim, _, verifier, received := sdkBench(t)
	service := h5.H5ApiService{Client: sdkClient(t, sim, verifier)}
	placed, _, err := service.Prepay(t.Context(), h5.PrepayRequest{
		Appid: new(sim.OfficialAccount().AppID), Mchid: new(sim.Merchant().MchID), Description: new("tea"), OutTradeNo: new("SDK-0001"),
		NotifyUrl: new(sdkNotifyURL), Amount: &h5.Amount{Total: new(int64(100)), Currency: new("CNY")},
		SceneInfo: &h5.SceneInfo{PayerClientIp: new("14.23.150.211"), H5Info: &h5.H5Info{Type: new("Wap")}},
	})
	require.NoError(t, err)
	require.NoError(t, sim.Phone("alice").PayH5(t.Context(), *placed.H5Url))
	order, _ := sim.Order("SDK-0001")
	requireSDKAccepts(t, sim, verifier, <-received, order.TransactionID)
}

func TestOfficialSDKSellsInApps(t *testing.T) {
	t.Parallel()
	sim, _, verifier, received := sdkBench(t)
	service := app.AppApiService{Client: sdkClient(t, sim, verifier)}
	request := app.PrepayRequest{
		Appid: new(sim.MobileAppID()), Mchid: new(sim.Merchant().MchID), Description: new("tea"), OutTradeNo: new("SDK-0001"),
		NotifyUrl: new(sdkNotifyURL), Amount: &app.Amount{Total: new(int64(100))},
	}
	placed, _, err := service.PrepayWithRequestPayment(t.Context(), request)
	require.NoError(t, err)
	require.NoError(t, sim.Phone("alice").PayApp(t.Context(), wechattest.AppLaunch{
		AppID: *request.Appid, PartnerID: *placed.PartnerId, PrepayID: *placed.PrepayId, Package: *placed.Package,
		NonceStr: *placed.NonceStr, TimeStamp: *placed.TimeStamp, Sign: *placed.Sign,
	}))
	order, _ := sim.Order("SDK-0001")
	requireSDKAccepts(t, sim, verifier, <-received, order.TransactionID)
}

func TestOfficialSDKRefundsAndReadsBills(t *testing.T) {
	t.Parallel()
	sim, clock, verifier, received := sdkBench(t)
	client := sdkClient(t, sim, verifier)
	placed, _, err := (&native.NativeApiService{Client: client}).Prepay(t.Context(), native.PrepayRequest{
		Appid: new(sim.App().AppID), Mchid: new(sim.Merchant().MchID), Description: new("tea"), OutTradeNo: new("SDK-0001"),
		NotifyUrl: new(sdkNotifyURL), Amount: &native.Amount{Total: new(int64(100))},
	})
	require.NoError(t, err)
	require.NoError(t, sim.Phone("alice").PayCode(t.Context(), *placed.CodeUrl))
	<-received

	refunds := refunddomestic.RefundsApiService{Client: client}
	request := refunddomestic.CreateRequest{
		OutTradeNo: new("SDK-0001"), OutRefundNo: new("RE-1"), Reason: new("broken"), NotifyUrl: new(sdkNotifyURL),
		Amount: &refunddomestic.AmountReq{Refund: new(int64(30)), Total: new(int64(100)), Currency: new("CNY")},
	}
	accepted, _, err := refunds.Create(t.Context(), request)
	require.NoError(t, err)
	require.Equal(t, refunddomestic.STATUS_PROCESSING, *accepted.Status)
	require.Equal(t, refunddomestic.CHANNEL_ORIGINAL, *accepted.Channel)
	clock.Advance(5 * time.Second)
	handler, err := notify.NewRSANotifyHandler(sim.Merchant().APIv3Key, verifier)
	require.NoError(t, err)
	var refund struct {
		Status string `json:"refund_status"`
		Number string `json:"out_refund_no"`
	}
	notice, err := handler.ParseNotifyRequest(context.Background(), <-received, &refund)
	require.NoError(t, err)
	require.Equal(t, "REFUND.SUCCESS RE-1 SUCCESS", notice.EventType+" "+refund.Number+" "+refund.Status)
	found, _, err := refunds.QueryByOutRefundNo(t.Context(), refunddomestic.QueryByOutRefundNoRequest{OutRefundNo: new("RE-1")})
	require.NoError(t, err)
	require.Equal(t, refunddomestic.STATUS_SUCCESS, *found.Status)
	require.NotNil(t, found.SuccessTime)

	// The SDK has no service for bills; its client can ask, and another one without a validator can download.
	readBill(t, sim, verifier, found)
}

func readBill(t *testing.T, sim *wechattest.Simulator, verifier auth.Verifier, refund *refunddomestic.Refund) {
	t.Helper()
	later := wechattest.NewClock(time.Now())
	var copied = wechattest.New(t, wechattest.WithClock(later))
	pipe, write := io.Pipe()
	go func() { _ = write.CloseWithError(sim.Snapshot(write)) }()
	require.NoError(t, copied.Restore(pipe))
	later.Advance(48 * time.Hour)
	skewed := wechattest.Script{Skew: -48 * time.Hour} // the SDK's clock stays where it is
	require.NoError(t, copied.Play(skewed))

	day := refund.CreateTime.In(time.FixedZone("CST", 8*60*60)).Format(time.DateOnly)
	result, err := sdkClient(t, copied, verifier).Get(t.Context(), "https://api.mch.weixin.qq.com/v3/bill/tradebill?bill_date="+day)
	require.NoError(t, err)
	var bill struct {
		HashValue   string `json:"hash_value"`
		DownloadURL string `json:"download_url"`
	}
	require.NoError(t, json.NewDecoder(result.Response.Body).Decode(&bill))
	m := copied.Merchant()
	downloader, err := core.NewClient(t.Context(),
		option.WithMerchantCredential(m.MchID, m.SerialNo, privateKey(t, m.KeyPEM)),
		option.WithoutValidator(), option.WithHTTPClient(copied.Client()))
	require.NoError(t, err)
	file, err := downloader.Get(t.Context(), bill.DownloadURL)
	require.NoError(t, err)
	content, err := io.ReadAll(file.Response.Body)
	require.NoError(t, err)
	sum := sha1.Sum(content)
	require.Equal(t, bill.HashValue, hex.EncodeToString(sum[:]))
	require.Contains(t, string(content), "`"+*refund.RefundId+",`RE-1,`0.30,")
	require.Contains(t, string(content), "\n`"+strconv.Itoa(2)+",`1.00,`0.30,")
}

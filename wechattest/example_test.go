package wechattest_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wgink.ink/wechat/wechattest"
)

// A program opens a local WeChat, hands its client to the code under test and plays the user with a phone.
func Example() {
	wechat, err := wechattest.Open()
	if err != nil {
		panic(err)
	}
	defer func() { _ = wechat.Close() }()

	code, _ := wechat.Phone("alice").Login(context.Background())
	app := wechat.App()
	query := url.Values{
		"appid": {app.AppID}, "secret": {app.AppSecret}, "js_code": {code}, "grant_type": {"authorization_code"},
	}
	for range 2 {
		request, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://api.weixin.qq.com/sns/jscode2session?"+query.Encode(), nil)
		response, err := wechat.Client().Do(request)
		if err != nil {
			panic(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		before, _, _ := strings.Cut(string(body), ":")
		fmt.Println(response.StatusCode, before)
	}
	// Output:
	// 200 {"session_key"
	// 200 {"errcode"
}

// A paid order's notice arrives by itself, and again until the receiver accepts it.
func ExamplePhone_Pay() {
	clock := wechattest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	wechat, err := wechattest.Open(wechattest.WithClock(clock), wechattest.WithNotifyTransport(&inbox{status: 500}))
	if err != nil {
		panic(err)
	}
	defer func() { _ = wechat.Close() }()
	alice := wechat.Phone("alice")

	prepayID := placeOrder(wechat, clock.Now(), "ORDER-0001", alice.OpenID())
	if err := alice.Pay(context.Background(), launch(wechat, clock.Now(), prepayID)); err != nil {
		panic(err)
	}
	fmt.Println(alice.Pay(context.Background(), launch(wechat, clock.Now(), prepayID)))

	_ = wechat.Settle(context.Background())
	clock.Advance(15 * time.Second)
	_ = wechat.Settle(context.Background())
	for _, attempt := range wechat.Attempts("ORDER-0001") {
		fmt.Println(attempt.Number, attempt.Status, "again after", attempt.Next.Sub(attempt.At))
	}
	// Output:
	// requestPayment:fail 该订单已支付 (the order is paid)
	// 1 500 again after 15s
	// 2 500 again after 15s
}

// A receiver must survive notices that no genuine sender would send.
func ExampleSimulator_Notice() {
	wechat, err := wechattest.Open()
	if err != nil {
		panic(err)
	}
	defer func() { _ = wechat.Close() }()
	placeOrder(wechat, time.Now(), "ORDER-0001", wechat.Phone("alice").OpenID())

	probe, _ := wechat.Notice("ORDER-0001", wechattest.ProbeSignature())
	fmt.Println(probe.Header.Get("Wechatpay-Signature")[:19])
	cheap, _ := wechat.Notice("ORDER-0001", wechattest.ChangeTotal(1))
	request, _ := cheap.Request(context.Background(), "https://shop.example.com/wechat/pay/notice")
	fmt.Println(request.Method, request.URL.Path)
	null := wechat.SignBody([]byte("null"))
	fmt.Println(null.Get("Wechatpay-Signature-Type"))
	// Output:
	// WECHATPAY/SIGNTEST/
	// POST /wechat/pay/notice
	// WECHATPAY2-SHA256-RSA2048
}

// placeOrder is what the code under test does: sign and send an order.
func placeOrder(wechat *wechattest.Simulator, now time.Time, outTradeNo, openID string) (prepayID string) {
	m := wechat.Merchant()
	body := fmt.Sprintf(`{"appid":%q,"mchid":%q,"description":"tea","out_trade_no":%q,`+
		`"notify_url":"https://shop.example.com/wechat/pay/notice","amount":{"total":100},"payer":{"openid":%q}}`,
		wechat.App().AppID, m.MchID, outTradeNo, openID)
	const path = "/v3/pay/transactions/jsapi"
	request, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, "https://api.mch.weixin.qq.com"+path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", fmt.Sprintf(
		`WECHATPAY2-SHA256-RSA2048 mchid=%q,nonce_str="nonce",signature=%q,timestamp="%d",serial_no=%q`, m.MchID,
		merchantSign(wechat, fmt.Sprintf("POST\n%s\n%d\nnonce\n%s\n", path, now.Unix(), body)), now.Unix(), m.SerialNo))
	response, err := wechat.Client().Do(request)
	if err != nil {
		panic(err)
	}
	answer, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	return strings.TrimSuffix(strings.TrimPrefix(string(answer), `{"prepay_id":"`), `"}`)
}

// launch is what the code under test returns to the mini-program.
func launch(wechat *wechattest.Simulator, now time.Time, prepayID string) wechattest.Launch {
	l := wechattest.Launch{
		TimeStamp: fmt.Sprint(now.Unix()), NonceStr: "nonce", Package: "prepay_id=" + prepayID, SignType: "RSA",
	}
	l.PaySign = merchantSign(wechat, strings.Join([]string{wechat.App().AppID, l.TimeStamp, l.NonceStr, l.Package, ""}, "\n"))
	return l
}

func merchantSign(wechat *wechattest.Simulator, message string) string {
	block, _ := pem.Decode(wechat.Merchant().KeyPEM)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	digest := sha256.Sum256([]byte(message))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, digest[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

package wechattest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

// noon is when the virtual clocks of these tests start.
func noon() time.Time { return time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC) }

// bench is a simulator and the merchant that calls it. The merchant signs by itself, so that it can sign wrongly.
type bench struct {
	sim      *wechattest.Simulator
	clock    *wechattest.VirtualClock
	merchant wechattest.Merchant
	key      *rsa.PrivateKey
	alice    *wechattest.Phone
	inbox    *inbox
}

func setup(t *testing.T, opts ...wechattest.Option) bench {
	t.Helper()
	clock, in := wechattest.NewClock(noon()), &inbox{}
	defaults := []wechattest.Option{wechattest.WithClock(clock), wechattest.WithNotifyTransport(in)}
	sim := wechattest.New(t, append(defaults, opts...)...)
	merchant := sim.Merchant()
	return bench{sim, clock, merchant, privateKey(t, merchant.KeyPEM), sim.Phone("alice"), in}
}

func privateKey(t *testing.T, text []byte) *rsa.PrivateKey {
	t.Helper()
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	return key.(*rsa.PrivateKey)
}

// payCall is one request to WeChat Pay; tests change it before it is signed or after.
type payCall struct {
	method, target, body string
	mchID, serial        string
	at                   time.Time
	key                  *rsa.PrivateKey
	header               http.Header
	afterSigning         func(*http.Request)
	sentBody             *string // differs from the signed one
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (r reply) code() string { return r.field("code") }

func (r reply) field(name string) string {
	var fields map[string]any
	_ = json.Unmarshal([]byte(r.body), &fields)
	return fmt.Sprint(fields[name])
}

func (b bench) call(t *testing.T, method, target, body string, changes ...func(*payCall)) reply {
	t.Helper()
	c := &payCall{
		method: method, target: target, body: body, mchID: b.merchant.MchID, serial: b.merchant.SerialNo,
		at: b.clock.Now(), key: b.key,
		header: http.Header{"Accept": {"application/json"}, "User-Agent": {"test"}},
	}
	if body != "" {
		c.header.Set("Content-Type", "application/json")
	}
	for _, change := range changes {
		change(c)
	}
	timestamp := strconv.FormatInt(c.at.Unix(), 10)
	signature := rsaSign(t, c.key, c.method+"\n"+c.target+"\n"+timestamp+"\nnonce\n"+c.body+"\n")
	sent := c.body
	if c.sentBody != nil {
		sent = *c.sentBody
	}
	request, err := http.NewRequestWithContext(t.Context(), c.method, "https://api.mch.weixin.qq.com"+c.target, strings.NewReader(sent))
	require.NoError(t, err)
	request.Header = c.header
	request.Header.Set("Authorization", fmt.Sprintf(
		`WECHATPAY2-SHA256-RSA2048 mchid="%s",nonce_str="nonce",signature="%s",timestamp="%s",serial_no="%s"`,
		c.mchID, signature, timestamp, c.serial))
	if c.afterSigning != nil {
		c.afterSigning(request)
	}
	return do(t, b.sim, request)
}

func do(t *testing.T, sim *wechattest.Simulator, request *http.Request) reply {
	t.Helper()
	response, err := sim.Client().Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return reply{response.StatusCode, response.Header, string(body)}
}

// requireText compares JSON byte for byte: the order of keys is part of what is imitated.
func requireText(t *testing.T, want, got string) {
	t.Helper()
	require.Equal(t, want, got)
}

func rsaSign(t *testing.T, key *rsa.PrivateKey, message string) string {
	t.Helper()
	digest := sha256.Sum256([]byte(message))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(signature)
}

// order is the body of a right order of alice's, with changes.
func (b bench) order(outTradeNo string, changes ...func(map[string]any)) string {
	fields := map[string]any{
		"appid": b.sim.App().AppID, "mchid": b.merchant.MchID, "description": "Image形象店-深圳腾大-QQ公仔",
		"out_trade_no": outTradeNo, "notify_url": "https://shop.example.com/wechat/pay/notice",
		"amount": map[string]any{"total": 100}, "payer": map[string]any{"openid": b.alice.OpenID()},
	}
	for _, change := range changes {
		change(fields)
	}
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(body)
}

const jsapiPath = "/v3/pay/transactions/jsapi"

func byNumber(outTradeNo string) string { return "/v3/pay/transactions/out-trade-no/" + outTradeNo }

// place orders and returns the prepay_id.
func (b bench) place(t *testing.T, outTradeNo string, changes ...func(map[string]any)) string {
	t.Helper()
	placed := b.call(t, http.MethodPost, jsapiPath, b.order(outTradeNo, changes...))
	require.Equal(t, http.StatusOK, placed.status, placed.body)
	return placed.field("prepay_id")
}

// launch is a right launch, as a mini-program receives it.
func (b bench) launch(t *testing.T, prepayID string) wechattest.Launch {
	t.Helper()
	l := wechattest.Launch{
		TimeStamp: strconv.FormatInt(b.clock.Now().Unix(), 10), NonceStr: "593BEC0C930BF1AFEB40B4A08C8FB242",
		Package: "prepay_id=" + prepayID, SignType: "RSA",
	}
	return b.signed(t, l)
}

func (b bench) signed(t *testing.T, l wechattest.Launch) wechattest.Launch {
	t.Helper()
	l.PaySign = rsaSign(t, b.key, b.sim.App().AppID+"\n"+l.TimeStamp+"\n"+l.NonceStr+"\n"+l.Package+"\n")
	return l
}

// buy orders and pays.
func (b bench) buy(t *testing.T, outTradeNo string, changes ...func(map[string]any)) wechattest.Order {
	t.Helper()
	require.NoError(t, b.alice.Pay(t.Context(), b.launch(t, b.place(t, outTradeNo, changes...))))
	order, found := b.sim.Order(outTradeNo)
	require.True(t, found)
	return order
}

func set(name string, value any) func(map[string]any) {
	return func(fields map[string]any) { fields[name] = value }
}

func without(name string) func(map[string]any) {
	return func(fields map[string]any) { delete(fields, name) }
}

package bench

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/routes"
	"wgink.ink/wechat/wechattest"
)

// terms are the order that a notice is about.
type terms struct {
	outTradeNo string
	openID     string
	fen        int64
}

// notice is a request, ready for the wire.
type notice struct {
	terms
	request []byte
}

// signAhead is how far the signatures lie in the future. A receiver allows five minutes either way, so they hold for
// almost ten, which is longer than a run.
const signAhead = 290 * time.Second

// aheadClock is the local WeChat's clock.
type aheadClock struct{}

// Now implements wechattest.Clock.
func (aheadClock) Now() time.Time { return time.Now().Add(signAhead) }

// WakeAt implements wechattest.Clock.
func (c aheadClock) WakeAt(t time.Time) (<-chan time.Time, func()) {
	timer := time.NewTimer(t.Sub(c.Now()))
	return timer.C, func() { timer.Stop() }
}

// newWeChat is a local WeChat that signs with the WeChat Pay public key (微信支付公钥).
func newWeChat(opts ...wechattest.Option) (*wechattest.Simulator, error) {
	return wechattest.Open(append(opts, wechattest.WithKeyMode(wechattest.PublicKey))...)
}

// signNotices makes notices about as many orders: RSA-2048, AES-256-GCM, a body like a live one with a coupon.
func signNotices(t *testing.T, count int) []notice {
	t.Helper()
	sim, err := newWeChat(wechattest.WithClock(aheadClock{}))
	require.NoError(t, err)
	defer func() { require.NoError(t, sim.Close()) }()
	block, err := aes.NewCipher([]byte(sim.Merchant().APIv3Key))
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)

	notices := make([]notice, count)
	var workers sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for w := range cores {
		workers.Go(func() {
			for i := w; i < count; i += cores {
				notices[i] = signNotice(sim, aead, i)
			}
		})
	}
	workers.Wait()
	return notices
}

func signNotice(sim *wechattest.Simulator, aead cipher.AEAD, i int) notice {
	n := notice{terms: terms{
		outTradeNo: fmt.Sprintf("bench2026%012d", i), openID: fmt.Sprintf("oUpF8uMuAJO_M2pxb%012d", i%5000), fen: int64(100 + i%9000),
	}}
	at := time.Now().Format(time.RFC3339)
	nonce := fmt.Sprintf("%012d", i)
	plaintext := fmt.Appendf(nil, `{"mchid":%q,"appid":%q,"out_trade_no":%q,"transaction_id":"4200002026%018d","trade_type":"JSAPI",`+
		`"trade_state":"SUCCESS","trade_state_desc":"支付成功","bank_type":"CMB_DEBIT","attach":"shop=12&cart=%d","success_time":%q,`+
		`"payer":{"openid":%q},"amount":{"total":%d,"payer_total":%d,"currency":"CNY","payer_currency":"CNY"},`+
		`"promotion_detail":[{"coupon_id":"10967%08d","name":"单品惠","scope":"SINGLE","type":"NOCASH","stock_id":"931386",`+
		`"amount":5,"wechatpay_contribute":0,"merchant_contribute":5,"other_contribute":0,"currency":"CNY"}]}`,
		sim.Merchant().MchID, sim.App().AppID, n.outTradeNo, i, i, at, n.openID, n.fen, n.fen-5, i)
	sealed := aead.Seal(nil, []byte(nonce), plaintext, []byte("transaction"))
	body, err := json.Marshal(map[string]any{
		"id": fmt.Sprintf("EV-2026%029d", i), "create_time": at, "resource_type": "encrypt-resource",
		"event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
		"resource": map[string]string{
			"algorithm": "AEAD_AES_256_GCM", "original_type": "transaction", "associated_data": "transaction", "nonce": nonce,
			"ciphertext": base64.StdEncoding.EncodeToString(sealed),
		},
	})
	if err != nil {
		panic(err)
	}
	var request bytes.Buffer
	fmt.Fprintf(&request, "POST %s HTTP/1.1\r\nHost: shop.test\r\nContent-Length: %d\r\n", routes.NoticePath, len(body))
	for name, values := range sim.SignBody(body) {
		fmt.Fprintf(&request, "%s: %s\r\n", name, strings.Join(values, ", "))
	}
	request.WriteString("\r\n")
	request.Write(body)
	n.request = request.Bytes()
	return n
}

// writeMerchantFiles writes what the merchant portal hands out.
func writeMerchantFiles(t *testing.T, dir string) {
	t.Helper()
	sim, err := newWeChat()
	require.NoError(t, err)
	require.NoError(t, sim.WriteMerchantFiles(dir))
	require.NoError(t, sim.Close())
}

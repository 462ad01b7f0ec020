package wxpay

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/fault"
)

const outTradeNo = "1217752501201407033233368018"

func testPrepay() PrepayRequest {
	return PrepayRequest{
		AppID: testAppID, OpenID: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", OutTradeNo: outTradeNo, Description: "图书 <A&B>",
		AmountFen: 100, NotifyURL: "https://shop.example.com/wechat/pay/notice",
		TimeExpire: time.Date(2026, 11, 22, 10, 0, 0, 999, time.UTC),
	}
}

func TestPrepay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := &fake{answers: []answer{signed(w.public, 200, `{"prepay_id":"wx201410272009395522657a690389285100"}`)}}
	id, err := f.client(t, w).Prepay(t.Context(), testPrepay())
	require.NoError(t, err)
	require.Equal(t, "wx201410272009395522657a690389285100", id)
	require.Len(t, f.asked, 1)
	sent := f.asked[0]
	require.Equal(t, "api.mch.weixin.qq.com POST /v3/pay/transactions/jsapi", sent.host+" "+sent.method+" "+sent.uri)
	require.JSONEq(t, `{"appid":"wxd678efh567hg6787","mchid":"1230000109","description":"图书 <A&B>","out_trade_no":"`+outTradeNo+
		`","time_expire":"2026-11-22T18:00:00+08:00","notify_url":"https://shop.example.com/wechat/pay/notice",`+
		`"amount":{"total":100,"currency":"CNY"},"payer":{"openid":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}}`, sent.body)
	require.Equal(t, testPublicID, sent.header.Get("Wechatpay-Serial"))
	requireSignedBy(t, w.merchant, sent)
}

// requireSignedBy checks the Authorization header against the merchant's public key.
func requireSignedBy(t *testing.T, m *Merchant, a asked) {
	t.Helper()
	values := map[string]string{}
	for _, pair := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(a.header.Get("Authorization"), -1) {
		values[pair[1]] = pair[2]
	}
	require.Equal(t, []string{testMchID, m.serial, "1795334400"}, []string{values["mchid"], values["serial_no"], values["timestamp"]})
	sum := sha256.Sum256([]byte(a.method + "\n" + a.uri + "\n" + values["timestamp"] + "\n" + values["nonce_str"] + "\n" + a.body + "\n"))
	signature, err := base64.StdEncoding.DecodeString(values["signature"])
	require.NoError(t, err)
	require.NoError(t, rsa.VerifyPKCS1v15(&m.key.PublicKey, crypto.SHA256, sum[:], signature))
}

func TestQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := &fake{answers: []answer{signed(w.platform, 200, paidTransaction)}}
	c := f.client(t, w)
	byNumber, err := c.QueryByOutTradeNo(t.Context(), outTradeNo)
	require.NoError(t, err)
	require.Equal(t, int64(100), byNumber.AmountFen)
	byID, err := c.QueryByTransactionID(t.Context(), outTradeNo)
	require.NoError(t, err)
	require.Equal(t, byNumber, byID)
	require.Equal(t, "/v3/pay/transactions/out-trade-no/"+outTradeNo+"?mchid=1230000109", f.asked[0].uri)
	require.Equal(t, "/v3/pay/transactions/id/"+outTradeNo+"?mchid=1230000109", f.asked[1].uri)
	requireSignedBy(t, w.merchant, f.asked[0])
}

func TestClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := &fake{answers: []answer{signed(w.platform, 204, "")}}
	require.NoError(t, f.client(t, w).Close(t.Context(), "a|b*c-1"))
	require.JSONEq(t, `{"mchid":"1230000109"}`, f.asked[0].body)
	require.Equal(t, "/v3/pay/transactions/out-trade-no/a%7Cb%2Ac-1/close", strings.ReplaceAll(f.asked[0].uri, "*", "%2A"))
	requireSignedBy(t, w.merchant, f.asked[0])
}

// A genuine answer to another request is refused: the signature does not name the request.
func TestAnswerIsBoundToItsRequest(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"another merchant": strings.Replace(paidTransaction, "1230000109", "1230000110", 1),
		"another order":    strings.ReplaceAll(paidTransaction, outTradeNo, "another-order"),
		"a prepay answer":  `{"prepay_id":"wx201410272009395522657a690389285100"}`,
		"another case":     strings.Replace(paidTransaction, `"mchid"`, `"MchID"`, 1),
		"no object":        "null",
	} {
		w := newWorld(t)
		f := &fake{answers: []answer{signed(w.platform, 200, body)}}
		c := f.client(t, w)
		got, err := c.QueryByOutTradeNo(t.Context(), outTradeNo)
		require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err), name)
		require.Zero(t, got, name)
		got, err = c.QueryByTransactionID(t.Context(), outTradeNo)
		require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err), name)
		require.Zero(t, got, name)
	}
}

// One merchant number serves several apps. Their orders are not ours, and no repeat of the call changes that.
func TestOrderOfAnotherApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := &fake{answers: []answer{signed(w.platform, 200, strings.Replace(paidTransaction, testAppID, "wx0000000000000000", 1))}}
	c := f.client(t, w)
	got, err := c.QueryByTransactionID(t.Context(), outTradeNo)
	require.Equal(t, fault.OrderNotFound, fault.CodeOf(err))
	require.Zero(t, got)
	got, err = c.QueryByOutTradeNo(t.Context(), outTradeNo)
	require.Equal(t, fault.WeChatRefused, fault.CodeOf(err))
	require.Zero(t, got)
	require.Equal(t, 2, f.calls())
}

func TestUnusablePrepayAnswer(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `null`, `[]`, ``, `{"prepay_id":""}`, `{"prepay_id":"a b"}`, `{"prepay_id":"` + strings.Repeat("x", 65) + `"}`, `{"prepay_id":7}`} {
		w := newWorld(t)
		f := &fake{answers: []answer{signed(w.platform, 200, body)}}
		id, err := f.client(t, w).Prepay(t.Context(), testPrepay())
		require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err), body)
		require.Empty(t, id)
	}
}

func TestNumbersThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := &fake{answers: []answer{signed(w.platform, http.StatusNoContent, "")}}
	c := f.client(t, w)
	for _, no := range []string{"", " ", "a b", "a\nb", "中", strings.Repeat("1", 33)} {
		_, err := c.QueryByOutTradeNo(t.Context(), no)
		require.Equal(t, fault.OrderInvalid, fault.CodeOf(err))
		_, err = c.QueryByTransactionID(t.Context(), no)
		require.Equal(t, fault.OrderInvalid, fault.CodeOf(err))
		require.Equal(t, fault.OrderInvalid, fault.CodeOf(c.Close(t.Context(), no)))
	}
	require.Zero(t, f.calls())
}

func TestLaunchIsSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := (&fake{}).client(t, w)
	a, err := c.Launch(testAppID, "wx1", testNow())
	require.NoError(t, err)
	b, err := c.Launch(testAppID, "wx1", testNow())
	require.NoError(t, err)
	require.NotEqual(t, a.NonceStr, b.NonceStr)
	require.LessOrEqual(t, len(a.NonceStr), 32)
	require.Equal(t, "1795334400", a.TimeStamp)
}

package wxpay

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/fault"
)

func TestErrorCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		status               int
		code, message, reqID string
		want                 fault.Code
	}{
		{404, "ORDER_NOT_EXIST", "订单不存在", "", fault.OrderNotFound},
		{404, "ORDERNOTEXIST", "", "", fault.OrderNotFound},
		{404, "RESOURCE_NOT_EXISTS", "", "", fault.OrderNotFound},
		{400, "ORDERPAID", "", "", fault.OrderPaid},
		{400, "ORDER_PAID", "", "", fault.OrderPaid},
		{400, "INVALID_REQUEST", "该订单已支付", "", fault.OrderPaid},
		{400, "INVALID_REQUEST", "x", "08F5-268449538", fault.OrderPaid},
		{400, "ORDER_CLOSED", "", "", fault.OrderClosed},
		{400, "ORDERCLOSED", "", "", fault.OrderClosed},
		{400, "INVALID_REQUEST", "订单已过期", "", fault.OrderClosed},
		{403, "OUT_TRADE_NO_USED", "", "", fault.OrderTermsDiffer},
		{400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致", "", fault.OrderTermsDiffer},
		{400, "INVALID_REQUEST", "201 商户订单号重复", "", fault.OrderTermsDiffer},
		{400, "INVALID_REQUEST", "x", "08F5-268498688", fault.OrderTermsDiffer},
		{400, "INVALID_REQUEST", "别的", "08F5-268435461", fault.OrderInvalid},
		{400, "PARAM_ERROR", "", "", fault.OrderInvalid},
		{500, "OPENID_MISMATCH", "", "", fault.OrderInvalid},
		{429, "FREQUENCY_LIMITED", "", "", fault.TooManyRequests},
		{429, "RATELIMIT_EXCEEDED", "", "", fault.TooManyRequests},
		{429, "", "", "", fault.TooManyRequests},
		{401, "SIGN_ERROR", "", "", fault.WeChatRefused},
		{403, "NO_AUTH", "", "", fault.WeChatRefused},
		{403, "NOAUTH", "", "", fault.WeChatRefused},
		{400, "APPID_MCHID_NOT_MATCH", "", "", fault.WeChatRefused},
		{400, "MCH_NOT_EXISTS", "", "", fault.WeChatRefused},
		{403, "SOMETHING_NEW", "", "", fault.WeChatRefused},
		{500, "SYSTEM_ERROR", "", "", fault.WeChatUnavailable},
		{500, "BANKERROR", "", "", fault.WeChatUnavailable},
		{503, "", "", "", fault.WeChatUnavailable},
		{302, "", "", "", fault.WeChatUnavailable},
	} {
		name := fmt.Sprint(c.status, " ", c.code, " ", c.message, " ", c.reqID)
		body := string(encode(t, map[string]any{"code": c.code, "message": c.message}))
		header := w.platform.headers([]byte(body), testNow())
		if c.reqID != "" {
			header.Set("Request-Id", c.reqID)
		}
		f := &fake{answers: []answer{response(c.status, header, body)}}
		_, err := f.client(t, newWorld(t)).Prepay(t.Context(), testPrepay())
		require.Equal(t, c.want, fault.CodeOf(err), name)
		api, ok := errors.AsType[*APIError](err)
		require.True(t, ok, name)
		require.Equal(t, c.code, api.Code)
		require.Contains(t, err.Error(), header.Get("Request-Id"), name)
	}
}

// What an unverified answer says is nothing (T15): a stranger's 404 must not make an order unknown.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := signer{w.platform.serial, w.merchant.key}
	bad := w.platform.headers([]byte("another body"), testNow())
	doubled := w.platform.headers([]byte(paidTransaction), testNow())
	doubled.Add("Wechatpay-Nonce", "second")
	old := w.platform.headers([]byte(paidTransaction), testNow().AddDate(0, 0, -1))
	for name, a := range map[string]answer{
		"unsigned 404":          unsigned(404, `{"code":"ORDER_NOT_EXIST","message":"订单不存在"}`),
		"unsigned paid":         unsigned(200, paidTransaction),
		"unsigned refusal":      unsigned(401, `{"code":"SIGN_ERROR"}`),
		"unsigned not paid":     unsigned(200, strings.Replace(paidTransaction, "SUCCESS", "NOTPAY", 1)),
		"signed by a stranger":  signed(other, 200, paidTransaction),
		"404 by a stranger":     signed(other, 404, `{"code":"ORDER_NOT_EXIST"}`),
		"signed for other body": response(200, bad, paidTransaction),
		"signed yesterday":      response(200, old, paidTransaction),
		"header twice":          response(200, doubled, paidTransaction),
		"redirect":              response(307, http.Header{"Location": {"https://evil.example.com/"}}, ""),
		"redirect to itself":    response(302, http.Header{"Location": {"/v3/other"}}, ""),
		"nginx page":            unsigned(400, "<html><h1>400 Bad Request</h1></html>"),
		"endless":               endless,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{answers: []answer{a}}
			c := f.client(t, newWorld(t))
			got, err := c.QueryByOutTradeNo(t.Context(), outTradeNo)
			require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err))
			require.Zero(t, got)
			require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(c.Close(t.Context(), outTradeNo)))
			_, err = c.Prepay(t.Context(), testPrepay())
			require.Equal(t, fault.WeChatUnavailable, fault.CodeOf(err))
			for _, sent := range f.asked {
				require.Regexp(t, `^api2?\.mch\.weixin\.qq\.com$`, sent.host)
			}
		})
	}
}

// endless is a body that never ends.
func endless(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: zeros{}, Request: req, ContentLength: -1}, nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
func (zeros) Close() error               { return nil }

// No secret, header or body may reach an error or a log line, whatever WeChat answers (T30).
func TestCanary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.ring.o.Log = logger
	echo := func(status int, sign bool) answer {
		return func(req *http.Request) (*http.Response, error) {
			body := string(encode(t, map[string]any{"code": "PARAM_ERROR", "detail": req.Header, "canary-body": "canary-body"}))
			if sign {
				return response(status, w.platform.headers([]byte(body), testNow()), body)(req)
			}
			return unsigned(status, body)(req)
		}
	}
	var texts []string
	note := func(err error) {
		require.Error(t, err)
		texts = append(texts, err.Error(), fmt.Sprintf("%+v %#v", err, err))
		logger.Error("failed", "err", err)
	}
	for _, a := range []answer{
		echo(400, true), echo(400, false), echo(500, true), echo(500, false), echo(200, false), echo(200, true), endless,
		signed(w.platform, 200, `{"prepay_id":47114711.5,"amount":{"total":47114711.5}}`), broken(errors.New("lost")),
	} {
		f := &fake{answers: []answer{a}}
		c := f.client(t, w)
		_, err := c.Prepay(t.Context(), testPrepay())
		note(err)
		_, err = c.QueryByOutTradeNo(t.Context(), outTradeNo)
		note(err)
		note(w.ring.Refresh(t.Context()))
	}
	body := noticeBody(t, OriginalTransaction, `{"canary-body":1`)
	_, err := w.opener().Open(w.platform.header(body, testNow()), body, testNow())
	note(err)
	_, err = w.opener().Open(w.platform.header(nil, testNow()), body, testNow())
	note(err)
	texts = append(texts, log.String(), fmt.Sprintf("%+v %#v %v %s", w.apiV3, w.apiV3, w.merchant, w.merchant),
		fmt.Sprintf("%+v %#v", w.ring.o.Merchant, *w.merchant))
	logger.Info("state", "merchant", w.merchant, "keys", w.apiV3)
	all := strings.Join(texts, "\n")
	key := strings.Split(string(read(t, "doc-merchant-private.pem")), "\n")
	for _, secret := range []string{
		testAPIv3.Reveal(), key[1], key[12], w.merchant.key.D.String(), "canary-body", "47114711", "WECHATPAY2-SHA256-RSA2048 mchid",
		testPrepay().OpenID,
	} {
		require.NotContains(t, all, secret)
		require.NotContains(t, all, base64.StdEncoding.EncodeToString([]byte(secret)))
		require.NotContains(t, all, hex.EncodeToString([]byte(secret)))
	}
	require.Contains(t, all, "PARAM_ERROR") // the search itself works
}

package wxpay

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/internal/fault"
)

func TestParseTransaction(t *testing.T) {
	t.Parallel()
	got, err := ParseTransaction([]byte(paidTransaction))
	require.NoError(t, err)
	require.Equal(t, Transaction{
		AppID: testAppID, MchID: testMchID, OutTradeNo: "1217752501201407033233368018",
		TransactionID: "1217752501201407033233368018", TradeType: "JSAPI", TradeState: StateSuccess, TradeStateDesc: "支付成功",
		BankType: "OTHERS", OpenID: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", SuccessTime: time.Date(2026, 11, 22, 7, 59, 58, 0, time.UTC),
		AmountFen: 100, PayerAmountFen: 90, Currency: "CNY", PayerCurrency: "CNY", Raw: []byte(paidTransaction),
	}, got)
	require.True(t, got.Paid())
}

func TestParsePublishedTransaction(t *testing.T) {
	t.Parallel()
	got, err := ParseTransaction([]byte(vector(t, "aesgcm-easywechat-transaction")["expected_plaintext"]))
	require.NoError(t, err)
	require.True(t, got.Paid())
	require.Positive(t, got.AmountFen)
}

// The shape WeChat gives an unpaid order: no payer, no trade type, an empty promotion list.
func TestParseUnpaidTransaction(t *testing.T) {
	t.Parallel()
	got, err := ParseTransaction([]byte(`{"amount":{"payer_currency":"CNY","total":1},"appid":"wx1","mchid":"1","out_trade_no":"123456",` +
		`"promotion_detail":[],"scene_info":{"device_id":""},"trade_state":"NOTPAY","trade_state_desc":"订单未支付","new_field":{"a":1}}`))
	require.NoError(t, err)
	require.False(t, got.Paid())
	require.Equal(t, int64(1), got.AmountFen)
}

func TestParseTransactionWithCoupon(t *testing.T) {
	t.Parallel()
	got, err := ParseTransaction([]byte(strings.Replace(paidTransaction, `"payer":`,
		`"promotion_detail":[{"coupon_id":"109519","amount":10,"scope":"GLOBAL","merchant_contribute":10}],"payer":`, 1)))
	require.NoError(t, err)
	require.Equal(t, []Promotion{{CouponID: "109519", AmountFen: 10, Scope: "GLOBAL", MerchantContributeFen: 10}}, got.Promotions)
}

func TestParseRefundNotice(t *testing.T) {
	t.Parallel()
	got, err := ParseRefundNotice([]byte(refundPlaintext))
	require.NoError(t, err)
	require.Equal(t, RefundNotice{
		MchID: testMchID, OutTradeNo: "1217752501201407033233368018", TransactionID: "1217752501201407033233368018",
		OutRefundNo: "R1@x", RefundID: "50000000382019052709732678859", RefundStatus: RefundSucceeded,
		SuccessTime: time.Date(2026, 11, 22, 7, 59, 58, 0, time.UTC), UserReceivedAccount: "招商银行信用卡0403",
		AmountFen: 100, RefundFen: 40, PayerAmountFen: 90, PayerRefundFen: 36,
	}, got)
}

func TestIncompletePlaintextIsRefused(t *testing.T) {
	t.Parallel()
	drop := func(from, key string) string { return strings.Replace(from, `"`+key+`":`, `"x_`+key+`":`, 1) }
	swap := func(from, old, with string) string { return strings.Replace(from, old, with, 1) }
	for name, text := range map[string]string{
		"null": "null", "empty object": "{}", "array": "[]",
		"no mchid": drop(paidTransaction, "mchid"), "no appid": drop(paidTransaction, "appid"),
		"no number": drop(paidTransaction, "out_trade_no"), "no transaction id": drop(paidTransaction, "transaction_id"),
		"no state": drop(paidTransaction, "trade_state"), "no time": drop(paidTransaction, "success_time"),
		"no amount": drop(paidTransaction, "amount"), "no total": drop(paidTransaction, "total"),
		"amount null":     swap(paidTransaction, `"amount":{"total":100,"payer_total":90,"currency":"CNY","payer_currency":"CNY"}`, `"amount":null`),
		"total text":      swap(paidTransaction, `"total":100`, `"total":"100"`),
		"total fraction":  swap(paidTransaction, `"total":100`, `"total":100.5`),
		"total 2^63":      swap(paidTransaction, `"total":100`, `"total":9223372036854775808`),
		"total negative":  swap(paidTransaction, `"total":100`, `"total":-100`),
		"total zero":      swap(paidTransaction, `"total":100`, `"total":0`),
		"second total":    swap(paidTransaction, `"total":100`, `"total":100,"Total":1`),
		"time malformed":  swap(paidTransaction, "2026-11-22T15:59:58+08:00", "2026-11-22 15:59:58"),
		"number blank":    swap(paidTransaction, `"out_trade_no":"1217`, `"out_trade_no":" 1217`),
		"number too long": swap(paidTransaction, `"out_trade_no":"1217`, `"out_trade_no":"00000000001217`),
	} {
		got, err := ParseTransaction([]byte(text))
		require.Equal(t, fault.NoticeMalformed, fault.CodeOf(err), name)
		require.Equal(t, ReasonPlaintext, ReasonOf(err), name)
		require.Zero(t, got, name)
	}
	for _, key := range []string{
		"mchid", "out_trade_no", "transaction_id", "out_refund_no", "refund_id", "refund_status", "success_time", "refund",
		"amount", "total",
	} {
		_, err := ParseRefundNotice([]byte(drop(refundPlaintext, key)))
		require.Equal(t, ReasonPlaintext, ReasonOf(err), key)
	}
}

// WeChat's documents name limits for what is only shown; a payment counts whether it keeps to them or not.
func TestLongTextsDoNotRefuseAPayment(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("附", 4096)
	for old, with := range map[string]string{
		`"bank_type":"OTHERS"`:          `"bank_type":"` + strings.Repeat("B", 39) + `"`,
		`"trade_type":"JSAPI"`:          `"trade_type":"两个 词"`,
		`"attach":""`:                   `"attach":"第一行\r\n第二行\t` + strings.Repeat("附", 200) + `"`,
		`"trade_state_desc":"支付成功"`:     `"trade_state_desc":"` + long + `"`,
		`"payer_currency":"CNY"`:        `"payer_currency":"` + strings.Repeat("C", 33) + `"`,
		`"payer":`:                      `"promotion_detail":[{"coupon_id":"1","name":"` + long + `"}],"payer":`,
		`"out_trade_no":"1217752501201`: `"scene_info":{"device_id":"` + long + `"},"out_trade_no":"1217752501201`,
	} {
		require.Contains(t, paidTransaction, old)
		_, err := ParseTransaction([]byte(strings.Replace(paidTransaction, old, with, 1)))
		require.NoError(t, err, old)
	}
	_, err := ParseRefundNotice([]byte(strings.Replace(refundPlaintext, "招商银行信用卡0403", long, 1)))
	require.NoError(t, err)
}

// What no database can keep is the sender's fault, not the database's: the answer must be 4xx.
func TestTextsThatCannotBeStoredAreRefused(t *testing.T) {
	t.Parallel()
	with := func(field, jsonText string) string {
		text := strings.Replace(paidTransaction, `"trade_type":"JSAPI",`, "", 1)
		text = strings.Replace(text, `"bank_type":"OTHERS",`, "", 1)
		text = strings.Replace(text, `"trade_state_desc":"支付成功",`, "", 1)
		text = strings.Replace(text, `"attach":"",`, "", 1)
		require.NotContains(t, text, `"`+field+`"`)
		return strings.Replace(text, `{"mchid"`, `{"`+field+`":`+jsonText+`,"mchid"`, 1)
	}
	for _, field := range []string{"bank_type", "trade_type", "attach", "trade_state_desc"} {
		_, err := ParseTransaction([]byte(with(field, `"ICBC_DEBIT"`)))
		require.NoError(t, err, field)
		for _, value := range []string{`"a\u0000b"`, `"\u001b[2J"`, `"\u0085"`, `"` + strings.Repeat("x", 4097) + `"`} {
			got, err := ParseTransaction([]byte(with(field, value)))
			require.Equal(t, fault.NoticeMalformed, fault.CodeOf(err), "%s %s", field, value)
			require.Zero(t, got)
		}
	}
	for _, part := range []string{
		`"scene_info":{"device_id":"a\u0000"}`, `"promotion_detail":[{"coupon_id":"1","name":"a\u0000"}]`,
	} {
		_, err := ParseTransaction([]byte(strings.Replace(paidTransaction, `{"mchid"`, "{"+part+`,"mchid"`, 1)))
		require.Equal(t, ReasonPlaintext, ReasonOf(err), part)
	}
	for old, with := range map[string]string{
		"招商银行信用卡0403": `a\u0000b`, `"refund_status":"SUCCESS"`: `"refund_status":"SUC\u0000"`,
	} {
		require.Contains(t, refundPlaintext, old)
		_, err := ParseRefundNotice([]byte(strings.Replace(refundPlaintext, old, with, 1)))
		require.Equal(t, ReasonPlaintext, ReasonOf(err), with)
	}
}

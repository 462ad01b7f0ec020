package wechattest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	postRefund = "POST /v3/refund/domestic/refunds"
	getRefund  = "GET /v3/refund/domestic/refunds/{out_refund_no}"
)

// refunding asks for one fen of the paid order NO-0001 back, with changes, after something else.
func refunding(prepare func(*testing.T, bench), changes ...func(map[string]any)) ask {
	return func(t *testing.T, b bench) reply {
		b.buy(t, "NO-0001")
		if prepare != nil {
			prepare(t, b)
		}
		before := len(b.sim.Refunds())
		refused := b.refund(t, "NO-0001", "RE-0", 1, changes...)
		require.Len(t, b.sim.Refunds(), before, "no refund is made")
		return refused
	}
}

// refundErrors are the tables of 退款申请 and 查询单笔退款.
func refundErrors() []errorRow {
	type fields = map[string]any
	amount := func(refund, total any, currency string) func(fields) {
		return set("amount", fields{"refund": refund, "total": total, "currency": currency})
	}
	earlier := func(no string, fen int) func(*testing.T, bench) {
		return func(t *testing.T, b bench) {
			require.Equal(t, 200, b.refund(t, "NO-0001", no, fen).status)
			b.clock.Advance(time.Minute)
		}
	}
	const missing, invalid = "RESOURCE_NOT_EXISTS", "INVALID_REQUEST"
	nowhere := func(name string, prepare func(*testing.T, bench), changes ...func(fields)) errorRow {
		return errorRow{at: postRefund, name: name, status: 404, code: missing, ask: refunding(prepare, changes...)}
	}
	refused := func(name, says string, prepare func(*testing.T, bench), changes ...func(fields)) errorRow {
		return errorRow{at: postRefund, name: name, status: 400, code: invalid, says: says, ask: refunding(prepare, changes...)}
	}
	rows := []errorRow{
		nowhere("UnknownOrder", nil, set("out_trade_no", "NO-9999")),
		nowhere("UnknownTransaction", nil, set("transaction_id", "4200000000")),
		nowhere("UnpaidOrder", func(t *testing.T, b bench) { b.place(t, "NO-0002") }, set("out_trade_no", "NO-0002")),
		nowhere("ClosedOrder", func(t *testing.T, b bench) { b.close(t, "NO-0002") }, set("out_trade_no", "NO-0002")),
		refused("WrongFrom", "之和", nil, set("amount", fields{
			"refund": 5, "total": 100, "currency": "CNY", "from": []any{fields{"account": "AVAILABLE", "amount": 4}},
		})),
		refused("OtherTotal", "订单总金额", nil, amount(1, 101, "CNY")),
		refused("MoreThanTheOrder", "剩余可退金额", nil, amount(101, 100, "CNY")),
		refused("MoreThanIsLeft", "剩余可退金额", earlier("RE-1", 60), amount(41, 100, "CNY")),
		refused("AfterAYear", "一年", func(_ *testing.T, b bench) { b.clock.Advance(366 * 24 * time.Hour) }),
		refused("FiftyFirst", "50次", func(t *testing.T, b bench) {
			for i := range 50 {
				earlier("RE-1"+strings.Repeat("0", i), 1)(t, b)
			}
		}),
		refused("SameNumberOtherAmount", "与之前请求不一致", earlier("RE-0", 60), amount(10, 100, "CNY")),
		refused("SameNumberOtherOrder", "与之前请求不一致", func(t *testing.T, b bench) {
			b.buy(t, "NO-0002")
			require.Equal(t, 200, b.refund(t, "NO-0002", "RE-0", 1).status)
		}),
		{at: postRefund, name: "WithinAMinute", status: 429, code: "FREQUENCY_LIMITED", says: "1分钟", ask: refunding(func(t *testing.T, b bench) {
			require.Equal(t, 200, b.refund(t, "NO-0001", "RE-1", 60).status)
			b.clock.Advance(59 * time.Second)
		})},
		{at: postRefund, name: "SameNumberSameTerms", status: 200, ask: refunding(earlier("RE-0", 1))},
		wrongField(postRefund, "NotJSON", "", calling("POST", refundPath, "{")),
		{at: getRefund, name: "UnknownNumber", status: 404, code: missing, ask: calling("GET", refundPath+"/RE-1", "")},
		{at: getRefund, name: "LongNumber", status: 400, code: "PARAM_ERROR", says: `"location":"uri"`, ask: calling("GET", refundPath+"/"+strings.Repeat("1", 65), "")},
	}
	for name, test := range map[string]struct {
		change func(fields)
		field  string
	}{
		"NoOrderNumber":     {without("out_trade_no"), "/out_trade_no"},
		"ShortOrderNumber":  {set("out_trade_no", "12345"), "/out_trade_no"},
		"NoRefundNumber":    {without("out_refund_no"), "/out_refund_no"},
		"BlankInNumber":     {set("out_refund_no", "RE 1"), "/out_refund_no"},
		"ShortNotifyURL":    {set("notify_url", "http://"), "/notify_url"},
		"OtherFundsAccount": {set("funds_account", "BASIC"), "/funds_account"},
		"NoAmount":          {without("amount"), "/amount"},
		"NoCurrency":        {set("amount", fields{"refund": 1, "total": 100}), "/amount/currency"},
		"OtherCurrency":     {amount(1, 100, "USD"), "/amount/currency"},
		"ZeroRefund":        {amount(0, 100, "CNY"), "/amount/refund"},
		"RefundAsText":      {amount("1", 100, "CNY"), "/amount/refund"},
		"OtherSource":       {set("amount", fields{"refund": 1, "total": 100, "currency": "CNY", "from": []any{fields{"account": "X", "amount": 1}}}), "/amount/from/0/account"},
		"UnknownField":      {set("mchid", "1673570001"), "/mchid"},
		"GoodsWithoutPrice": {set("goods_detail", []any{fields{"merchant_goods_id": "1"}}), "/goods_detail/0/unit_price"},
	} {
		rows = append(rows, wrongField(postRefund, name, test.field, refunding(nil, test.change)))
	}
	return rows
}

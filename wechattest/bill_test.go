package wechattest_test

import (
	"compress/gzip"
	"crypto/sha1"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wgink.ink/wechat/wechattest"
)

const (
	tradeBillPath = "/v3/bill/tradebill?bill_date=2026-03-01"
	fundBillPath  = "/v3/bill/fundflowbill?bill_date=2026-03-01"
)

// bill asks for a bill, downloads it and checks its hash.
func (b bench) bill(t *testing.T, target string) string {
	t.Helper()
	asked := b.call(t, http.MethodGet, target, "")
	require.Equal(t, http.StatusOK, asked.status, asked.body)
	require.Equal(t, "SHA1", asked.field("hash_type"))
	path, official := strings.CutPrefix(asked.field("download_url"), "https://api.mch.weixin.qq.com")
	require.True(t, official, "clients sign the path of the official origin")
	downloaded := b.call(t, http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, downloaded.status, downloaded.body)
	require.Empty(t, downloaded.header.Get("Wechatpay-Signature"), "downloads are not signed")
	content := downloaded.body
	if strings.Contains(target, "GZIP") {
		unpacked, err := gzip.NewReader(strings.NewReader(content))
		require.NoError(t, err)
		raw, err := io.ReadAll(unpacked)
		require.NoError(t, err)
		content = string(raw)
	} else {
		require.Equal(t, "text/plain", downloaded.header.Get("Content-Type"))
	}
	sum := sha1.Sum([]byte(content))
	require.Equal(t, asked.field("hash_value"), hex.EncodeToString(sum[:]))
	return content
}

// oneDay is a payment of each kind, one refund, one unpaid and one closed order, and the next day's morning.
func oneDay(t *testing.T) (b bench, tea, cup wechattest.Order, back wechattest.Refund) {
	t.Helper()
	b = setup(t)
	tea = b.buy(t, "NO-0001", set("description", "茶"), set("attach", "a\nb"))
	b.clock.Advance(time.Hour)
	require.NoError(t, b.alice.PayCode(t.Context(), b.placeBy(t, "native", "NO-0002").field("code_url")))
	cup, _ = b.sim.Order("NO-0002")
	require.Equal(t, 200, b.refund(t, "NO-0001", "RE-1", 30).status)
	b.place(t, "NO-0003")
	b.close(t, "NO-0003")
	b.clock.Advance(time.Hour)
	back, _ = b.sim.Refund("RE-1")
	b.clock.Advance(20 * time.Hour) // 10:00 of the next day
	return b, tea, cup, back
}

func TestTradeBillOfAllKinds(t *testing.T) {
	t.Parallel()
	b, tea, cup, back := oneDay(t)
	alice := b.alice.OpenID()
	csv := b.bill(t, tradeBillPath)
	require.Equal(t, "\ufeff交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"+
		"应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,"+
		"订单金额,申请退款金额,费率备注\n"+
		"`2026-03-01 12:00:00,`wx7e57000000000001,`1673570001,`0,`,`"+tea.TransactionID+",`NO-0001,`"+alice+
		",`JSAPI,`SUCCESS,`OTHERS,`CNY,`1.00,`0.00,`0,`0,`0.00,`0.00,`,`,`茶,`a b,`0.00000,`0.00%,`1.00,`0.00,`\n"+
		"`2026-03-01 13:00:00,`wx7e57000000000001,`1673570001,`0,`,`"+cup.TransactionID+",`NO-0002,`"+alice+
		",`NATIVE,`SUCCESS,`OTHERS,`CNY,`1.00,`0.00,`0,`0,`0.00,`0.00,`,`,`Image形象店-深圳腾大-QQ公仔,`,`0.00000,`0.00%,`1.00,`0.00,`\n"+
		"`2026-03-01 13:00:05,`wx7e57000000000001,`1673570001,`0,`,`"+tea.TransactionID+",`NO-0001,`"+alice+
		",`JSAPI,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`"+back.RefundID+",`RE-1,`0.30,`0.00,`ORIGINAL,`SUCCESS,`茶,`a b,`0.00000,`0.00%,`0.00,`0.30,`\n"+
		"总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\n"+
		"`3,`2.00,`0.30,`0.00,`0.00000,`2.00,`0.30\n", csv)

	require.Equal(t, csv, b.bill(t, tradeBillPath+"&tar_type=GZIP"))
	require.Equal(t, csv, b.bill(t, tradeBillPath+"&bill_type=ALL"))
	paid := b.bill(t, tradeBillPath+"&bill_type=SUCCESS")
	require.NotContains(t, paid, "退款单号")
	require.Contains(t, paid, "\n`2,`2.00,`0.00,")
	refunded := b.bill(t, tradeBillPath+"&bill_type=REFUND")
	require.Contains(t, refunded, "`OTHERS,`CNY,`0.00,`0.00,`2026-03-01 13:00:00,`2026-03-01 13:00:05,`"+back.RefundID)
	require.Contains(t, refunded, "\n`1,`0.00,`0.30,")
	for _, csv := range []string{csv, paid, refunded} {
		lines := strings.Split(strings.TrimSuffix(csv, "\n"), "\n")
		require.Equal(t, strings.Count(lines[0], ","), strings.Count(lines[1], ",`"))
	}
}

func TestFundFlowBill(t *testing.T) {
	t.Parallel()
	b, tea, _, back := oneDay(t)
	csv := b.bill(t, fundBillPath)
	lines := strings.Split(csv, "\n")
	require.Equal(t, "`2026-03-01 12:00:00,`"+tea.TransactionID+",`"+tea.TransactionID+
		",`交易,`交易,`收入,`1.00,`1.00,`system,`结算总金额1.00元;含手续费0.00元,`NO-0001", lines[1])
	require.Equal(t, "`2026-03-01 13:00:05,`"+back.RefundID+",`"+tea.TransactionID+
		",`退款,`退款,`支出,`0.30,`1.70,`1673570001API,`退款总金额0.30元;含手续费0.00元,`RE-1", lines[3])
	require.Equal(t, "`3,`2,`2.00,`1,`0.30", lines[5])
	require.Empty(t, lines[6], "a line end behind the last line")
	require.Equal(t, csv, b.bill(t, fundBillPath+"&account_type=BASIC&tar_type=GZIP"))
}

func TestBillsAreMadeOnTheNextMorning(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.buy(t, "NO-0001")
	b.clock.Advance(22*time.Hour - time.Second)
	require.Equal(t, "STATEMENT_CREATING", b.call(t, http.MethodGet, tradeBillPath, "").code())
	b.clock.Advance(time.Second)
	require.Contains(t, b.bill(t, tradeBillPath), "NO-0001")
}

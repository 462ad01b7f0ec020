package wechattest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"wgink.ink/wechat/wechattest"
)

const (
	getTradeBill = "GET /v3/bill/tradebill"
	getFundBill  = "GET /v3/bill/fundflowbill"
	getBillFile  = "GET /v3/billdownload/file"
)

// billErrors are the tables of 申请交易账单, 申请资金账单 and 下载账单: one order on March 1, asked about on March 2 at 10:00.
func billErrors() (rows []errorRow) {
	const none, param = "NO_STATEMENT_EXIST", "PARAM_ERROR"
	asking := func(later time.Duration, target string) ask {
		return after(func(t *testing.T, b bench) {
			b.buy(t, "NO-0001")
			b.clock.Advance(22*time.Hour + later)
		}, calling(http.MethodGet, target, ""))
	}
	for at, path := range map[string]string{getTradeBill: "/v3/bill/tradebill", getFundBill: "/v3/bill/fundflowbill"} {
		for name, bill := range map[string]struct {
			query, code string
		}{
			"DayWithoutTrade": {"?bill_date=2026-02-28", none},
			"ThreeMonthsAgo":  {"?bill_date=2025-11-30", none},
			"Today":           {"?bill_date=2026-03-02", param},
			"Tomorrow":        {"?bill_date=2026-03-03", param},
			"OtherDateForm":   {"?bill_date=20260301", param},
			"NoDate":          {"", param},
			"OtherPacking":    {"?bill_date=2026-03-01&tar_type=ZIP", param},
		} {
			rows = append(rows, errorRow{at: at, name: name, status: 400, code: bill.code, ask: asking(0, path+bill.query)})
		}
		rows = append(rows, errorRow{
			at: at, name: "BeforeTen", status: 400, code: "STATEMENT_CREATING", ask: asking(-time.Second, path+"?bill_date=2026-03-01"),
		})
	}
	downloading := func(later time.Duration) ask {
		return func(t *testing.T, b bench) reply {
			asked := asking(0, tradeBillPath)(t, b)
			b.clock.Advance(later)
			return b.call(t, http.MethodGet, strings.TrimPrefix(asked.field("download_url"), "https://api.mch.weixin.qq.com"), "")
		}
	}
	return append(rows,
		errorRow{at: getTradeBill, name: "OtherKind", status: 400, code: param, ask: asking(0, tradeBillPath+"&bill_type=ALL_SPECIAL")},
		errorRow{at: getFundBill, name: "OtherAccount", status: 400, code: param, ask: asking(0, fundBillPath+"&account_type=X")},
		errorRow{at: getFundBill, name: "AccountWithoutFlow", status: 400, code: none, ask: asking(0, fundBillPath+"&account_type=FEES")},
		errorRow{at: getBillFile, name: "UnknownToken", status: 400, code: "INVALID_REQUEST", ask: calling("GET", "/v3/billdownload/file?token=none", "")},
		errorRow{at: getBillFile, name: "EndedURL", status: 400, code: "INVALID_REQUEST", ask: downloading(5*time.Minute + time.Second)},
		errorRow{
			at: getBillFile, name: "URLOfOlderPagesEnded", status: 400, code: "INVALID_REQUEST", ask: downloading(31 * time.Second),
			with: []wechattest.Option{wechattest.WithBillURLLife(30 * time.Second)},
		},
		errorRow{at: getBillFile, name: "LivingURL", status: 200, ask: downloading(5 * time.Minute)})
}

package wechattest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The columns of bills. Sources: wechatpay-php tests/fixtures/bill.ALL.csv; pay.weixin.qq.com, 交易账单字段说明.
const (
	tradeColumns  = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
	askedColumns  = "退款申请时间,退款成功时间,"
	refundColumns = "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
	goodsColumns  = "商品名称,商户数据包,手续费,费率,订单金额,"
	lastColumns   = "申请退款金额,费率备注"
	tradeSummary  = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
	fundColumns   = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"
	fundSummary   = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"

	byteOrderMark = "\ufeff"
	noFee         = "0.00000" // this merchant pays none
	noRate        = "0.00%"
)

// tradeCSV is the trade bill (交易账单) of one of three kinds; empty if there is nothing of that kind.
func tradeCSV(kind, mchID string, flows []flow) string {
	var rows [][]string
	var paid, refunded int64
	for _, f := range flows {
		if (kind == "SUCCESS" && f.refund != nil) || (kind == "REFUND" && f.refund == nil) {
			continue
		}
		rows = append(rows, f.tradeRow(kind, mchID))
		if f.refund == nil {
			paid += f.order.TotalFen
		} else {
			refunded += f.refund.RefundFen
		}
	}
	header := map[string]string{
		"ALL":     tradeColumns + refundColumns + goodsColumns + lastColumns,
		"SUCCESS": tradeColumns + goodsColumns + "费率备注",
		"REFUND":  tradeColumns + askedColumns + refundColumns + goodsColumns + lastColumns,
	}[kind]
	return billCSV(header, rows, tradeSummary, []string{
		strconv.Itoa(len(rows)), yuan(paid), yuan(refunded), yuan(0), noFee, yuan(paid), yuan(refunded),
	})
}

func (f flow) tradeRow(kind, mchID string) []string {
	o := f.order
	due, total, state := yuan(o.TotalFen), yuan(o.TotalFen), "SUCCESS"
	refund, asked := []string{"0", "0", yuan(0), yuan(0), "", ""}, yuan(0)
	if r := f.refund; r != nil {
		due, total, state, asked = yuan(0), yuan(0), "REFUND", yuan(r.RefundFen)
		refund = []string{r.RefundID, r.OutRefundNo, asked, yuan(0), "ORIGINAL", string(r.Status)}
	}
	row := []string{
		billTime(f.at), o.AppID, mchID, "0", o.DeviceID, o.TransactionID, o.OutTradeNo, o.OpenID,
		string(o.TradeType), state, balanceBankType, o.Currency, due, yuan(0),
	}
	if kind == "REFUND" {
		row = append(row, billTime(f.refund.CreatedAt), billTime(f.refund.EndedAt))
	}
	if kind != "SUCCESS" {
		row = append(row, refund...)
	}
	row = append(row, o.Description, o.Attach, noFee, noRate, total)
	if kind != "SUCCESS" {
		row = append(row, asked)
	}
	return append(row, "") // 费率备注
}

// fundCSV is the fund-flow bill (资金账单) of the basic account; empty if no money moved.
func fundCSV(mchID string, flows []flow) string {
	var rows [][]string
	var ins, outs int
	var in, out int64
	for _, f := range flows {
		o := f.order
		if r := f.refund; r != nil {
			outs, out = outs+1, out+r.RefundFen
			rows = append(rows, []string{
				billTime(f.at), r.RefundID, o.TransactionID, "退款", "退款", "支出", yuan(r.RefundFen), yuan(f.balance),
				mchID + "API", "退款总金额" + yuan(r.RefundFen) + "元;含手续费0.00元", r.OutRefundNo,
			})
			continue
		}
		ins, in = ins+1, in+o.TotalFen
		rows = append(rows, []string{
			billTime(f.at), o.TransactionID, o.TransactionID, "交易", "交易", "收入", yuan(o.TotalFen), yuan(f.balance),
			"system", "结算总金额" + yuan(o.TotalFen) + "元;含手续费0.00元", o.OutTradeNo,
		})
	}
	return billCSV(fundColumns, rows, fundSummary, []string{
		strconv.Itoa(len(rows)), strconv.Itoa(ins), yuan(in), strconv.Itoa(outs), yuan(out),
	})
}

// billCSV joins a bill: a byte order mark, a backtick before each value, no quoting, a line end behind the last line.
func billCSV(header string, rows [][]string, summaryHeader string, summary []string) string {
	if len(rows) == 0 {
		return ""
	}
	var csv strings.Builder
	csv.WriteString(byteOrderMark + header + "\n")
	for _, row := range rows {
		csv.WriteString(billLine(row))
	}
	csv.WriteString(summaryHeader + "\n" + billLine(summary))
	return csv.String()
}

func billLine(values []string) string {
	oneLine := strings.NewReplacer("\r", " ", "\n", " ")
	return "`" + oneLine.Replace(strings.Join(values, ",`")) + "\n"
}

// yuan writes fen as bills do: two decimals.
func yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

func billTime(t time.Time) string { return t.In(beijing()).Format(time.DateTime) }

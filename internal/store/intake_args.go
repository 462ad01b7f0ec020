package store

import (
	"strings"

	"github.com/uptrace/bun/dialect/pgdialect"
)

// columns are the facts of a group, column by column, as unnest wants them.
type columns struct {
	id, kind, wechatType, mchid, noticeID, businessKey, subject, verdict []string

	payload               [][]byte
	occurredAt, createdAt []int64
	plugins, outTradeNo   []string
	amountFen             []int64
	payment               []bool

	appid, openid, currency, unknown []string

	paid                []bool
	transactionID       []string
	payerTotalFen       []int64
	tradeType, bankType []string
	successAt           []int64
	to                  []string
	refundFen           []int64
}

// intakeArgs are the statement's arguments, $1 to $27. Empty texts stand for NULL where a column may be NULL.
func intakeArgs(facts []Incoming) []any {
	var c columns
	for _, f := range facts {
		c.add(f)
	}
	return []any{
		pgdialect.Array(c.id), pgdialect.Array(c.kind), pgdialect.Array(c.wechatType), pgdialect.Array(c.mchid),
		pgdialect.Array(c.noticeID), pgdialect.Array(c.businessKey), pgdialect.Array(c.subject), pgdialect.Array(c.verdict),
		pgdialect.Array(c.payload), pgdialect.Array(c.occurredAt), pgdialect.Array(c.createdAt), pgdialect.Array(c.plugins),
		pgdialect.Array(c.outTradeNo), pgdialect.Array(c.amountFen), pgdialect.Array(c.payment), pgdialect.Array(c.appid),
		pgdialect.Array(c.openid), pgdialect.Array(c.currency), pgdialect.Array(c.unknown), pgdialect.Array(c.paid),
		pgdialect.Array(c.transactionID), pgdialect.Array(c.payerTotalFen), pgdialect.Array(c.tradeType),
		pgdialect.Array(c.bankType), pgdialect.Array(c.successAt), pgdialect.Array(c.to),
		pgdialect.Array(c.refundFen),
	}
}

func (c *columns) add(f Incoming) {
	e, terms, paid, notice := f.Event, Terms{}, Paid{}, ""
	if e.NoticeID != nil {
		notice = *e.NoticeID
	}
	if f.Terms != nil {
		terms = *f.Terms
	}
	if f.Paid != nil {
		paid = *f.Paid
	}
	c.id, c.kind = append(c.id, e.ID), append(c.kind, e.Kind)
	c.wechatType, c.mchid = append(c.wechatType, e.WeChatType), append(c.mchid, e.MchID)
	c.noticeID, c.businessKey = append(c.noticeID, notice), append(c.businessKey, e.BusinessKey)
	c.subject, c.verdict = append(c.subject, e.Subject), append(c.verdict, e.Verdict)
	c.payload = append(c.payload, e.Payload)
	c.occurredAt, c.createdAt = append(c.occurredAt, int64(e.OccurredAt)), append(c.createdAt, int64(e.CreatedAt))
	c.plugins = append(c.plugins, strings.Join(f.Plugins, ",")) // plugin ids hold no comma
	c.outTradeNo, c.amountFen = append(c.outTradeNo, terms.OutTradeNo), append(c.amountFen, terms.AmountFen)
	c.payment = append(c.payment, terms.Payment)
	c.appid, c.openid = append(c.appid, terms.AppID), append(c.openid, terms.OpenID)
	c.currency, c.unknown = append(c.currency, terms.Currency), append(c.unknown, terms.Unknown)
	c.paid = append(c.paid, f.Paid != nil)
	c.transactionID = append(c.transactionID, terms.TransactionID)
	c.payerTotalFen = append(c.payerTotalFen, paid.PayerTotalFen)
	c.tradeType, c.bankType = append(c.tradeType, paid.TradeType), append(c.bankType, paid.BankType)
	c.successAt, c.to = append(c.successAt, int64(paid.SuccessAt)), append(c.to, f.To)
	c.refundFen = append(c.refundFen, terms.RefundFen)
}

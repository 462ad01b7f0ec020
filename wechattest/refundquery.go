package wechattest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// refundAnswer is the refund as both refund endpoints return it.
type refundAnswer struct {
	RefundID            string             `json:"refund_id"`
	OutRefundNo         string             `json:"out_refund_no"`
	TransactionID       string             `json:"transaction_id"`
	OutTradeNo          string             `json:"out_trade_no"`
	Channel             string             `json:"channel"`
	UserReceivedAccount string             `json:"user_received_account"`
	SuccessTime         string             `json:"success_time,omitempty"`
	CreateTime          string             `json:"create_time"`
	Status              RefundStatus       `json:"status"`
	FundsAccount        string             `json:"funds_account"`
	Amount              refundAnswerAmount `json:"amount"`
	PromotionDetail     []struct{}         `json:"promotion_detail"`
}

type refundAnswerAmount struct {
	Total            int64      `json:"total"`
	Refund           int64      `json:"refund"`
	From             []struct{} `json:"from"`
	PayerTotal       int64      `json:"payer_total"`
	PayerRefund      int64      `json:"payer_refund"`
	SettlementRefund int64      `json:"settlement_refund"`
	SettlementTotal  int64      `json:"settlement_total"`
	DiscountRefund   int64      `json:"discount_refund"`
	Currency         string     `json:"currency"`
}

func (r Refund) answer() refundAnswer {
	answer := refundAnswer{
		RefundID: r.RefundID, OutRefundNo: r.OutRefundNo, TransactionID: r.TransactionID, OutTradeNo: r.OutTradeNo,
		Channel: "ORIGINAL", UserReceivedAccount: receivedAccount, CreateTime: wireTime(r.CreatedAt),
		Status: r.Status, FundsAccount: "AVAILABLE",
		Amount: refundAnswerAmount{
			Total: r.TotalFen, Refund: r.RefundFen, From: []struct{}{},
			PayerTotal: r.TotalFen, PayerRefund: r.RefundFen,
			SettlementRefund: r.RefundFen, SettlementTotal: r.TotalFen, Currency: "CNY",
		},
		PromotionDetail: []struct{}{},
	}
	if r.Status == RefundSuccess {
		answer.SuccessTime = wireTime(r.EndedAt)
	}
	return answer
}

// queryRefund is GET /v3/refund/domestic/refunds/{out_refund_no} (查询单笔退款).
func (s *Simulator) queryRefund(call payCall) (payAnswer, *payError) {
	number := call.PathValue("out_refund_no")
	if issue := checkOutRefundNo(number); issue != "" {
		return payAnswer{}, paramError("uri", "out_refund_no", issue, number)
	}
	refund, found := s.Refund(number)
	if !found {
		return payAnswer{}, &payError{http.StatusNotFound, 268512771, "RESOURCE_NOT_EXISTS", "退款单不存在", nil}
	}
	return payAnswer{http.StatusOK, refund.answer()}, nil
}

// Refund is the refund with this number as WeChat keeps it now.
func (s *Simulator) Refund(outRefundNo string) (refund Refund, found bool) {
	s.settleDue()
	s.view(func(st *state) {
		if record := st.Refunds[outRefundNo]; record != nil {
			refund, found = record.Refund, true
		}
	})
	return refund, found
}

// Refunds is every refund, oldest first.
func (s *Simulator) Refunds() []Refund {
	s.settleDue()
	var refunds []Refund
	s.view(func(st *state) {
		for _, record := range st.sortedRefunds() {
			refunds = append(refunds, record.Refund)
		}
	})
	return refunds
}

func (st *state) sortedRefunds() []*refundRecord {
	sorted := make([]*refundRecord, 0, len(st.Refunds))
	for _, refund := range st.Refunds {
		sorted = append(sorted, refund)
	}
	slices.SortFunc(sorted, func(a, b *refundRecord) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.OutRefundNo, b.OutRefundNo))
	})
	return sorted
}

package wechattest

// noticeRefund is the plaintext of a REFUND.* notice: refund_status here, status in answers; no appid, no currency.
// Source: pay.weixin.qq.com, 退款结果回调.
type noticeRefund struct {
	MchID               string             `json:"mchid"`
	OutTradeNo          string             `json:"out_trade_no"`
	TransactionID       string             `json:"transaction_id"`
	OutRefundNo         string             `json:"out_refund_no"`
	RefundID            string             `json:"refund_id"`
	RefundStatus        RefundStatus       `json:"refund_status"`
	SuccessTime         string             `json:"success_time,omitempty"`
	UserReceivedAccount string             `json:"user_received_account"`
	Amount              noticeRefundAmount `json:"amount"`
}

type noticeRefundAmount struct {
	Total       int64 `json:"total"`
	Refund      int64 `json:"refund"`
	PayerTotal  int64 `json:"payer_total"`
	PayerRefund int64 `json:"payer_refund"`
}

func (r Refund) notice(mchID string) noticeRefund {
	notice := noticeRefund{
		MchID: mchID, OutTradeNo: r.OutTradeNo, TransactionID: r.TransactionID,
		OutRefundNo: r.OutRefundNo, RefundID: r.RefundID, RefundStatus: r.Status,
		UserReceivedAccount: receivedAccount,
		Amount:              noticeRefundAmount{r.TotalFen, r.RefundFen, r.TotalFen, r.RefundFen},
	}
	if r.Status == RefundSuccess {
		notice.SuccessTime = wireTime(r.EndedAt)
	}
	return notice
}

// refundEvent is the event of a refund that ended.
func refundEvent(status RefundStatus) Event {
	e := Event{Type: "REFUND." + string(status), OriginalType: "refund", Summary: "退款成功"}
	switch status {
	case RefundClosed:
		e.Summary = "退款关闭"
	case RefundAbnormal:
		e.Summary = "退款异常"
	case RefundProcessing, RefundSuccess:
	}
	return e
}

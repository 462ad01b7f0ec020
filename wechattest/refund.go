package wechattest

import "time"

// RefundStatus (退款状态) is where a refund stands.
type RefundStatus string

// The states of a refund: from Processing to one of the others. Abnormal means that the money could not be returned to
// where it came from; it becomes Success when somebody has dealt with it. Closed means that it stays with the merchant.
const (
	RefundProcessing RefundStatus = "PROCESSING"
	RefundSuccess    RefundStatus = "SUCCESS"
	RefundClosed     RefundStatus = "CLOSED"
	RefundAbnormal   RefundStatus = "ABNORMAL"
)

// Refund is one refund as WeChat keeps it.
type Refund struct {
	OutRefundNo   string       `json:"out_refund_no"` // 商户退款单号
	RefundID      string       `json:"refund_id"`     // 微信支付退款单号
	OutTradeNo    string       `json:"out_trade_no"`
	TransactionID string       `json:"transaction_id"`
	Reason        string       `json:"reason"`
	NotifyURL     string       `json:"notify_url"` // empty: no notice
	TotalFen      int64        `json:"total"`      // of the order, in fen (分)
	RefundFen     int64        `json:"refund"`     // of this refund, in fen
	Status        RefundStatus `json:"status"`
	CreatedAt     time.Time    `json:"created_at"`
	EndedAt       time.Time    `json:"ended_at,omitzero"` // when it left PROCESSING; of a success, success_time
}

// refundRecord is a refund with what only the simulator needs.
type refundRecord struct {
	Refund
	Terms  string    `json:"terms"`            // canonical request, to compare a second request with
	EndsAt time.Time `json:"ends_at,omitzero"` // when it leaves PROCESSING by itself
}

// receivedAccount is where refunds go: the payer's WeChat balance.
const receivedAccount = "支付用户零钱"

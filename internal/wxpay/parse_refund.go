package wxpay

import (
	"errors"

	"wgink.ink/wechat/internal/strictjson"
)

// RefundSucceeded is the refund_status of a refund whose money arrived.
const RefundSucceeded = "SUCCESS"

type wireRefundNotice struct {
	MchID               string `json:"mchid"`
	OutTradeNo          string `json:"out_trade_no"`
	TransactionID       string `json:"transaction_id"`
	OutRefundNo         string `json:"out_refund_no"`
	RefundID            string `json:"refund_id"`
	RefundStatus        string `json:"refund_status"`
	SuccessTime         string `json:"success_time"`
	UserReceivedAccount string `json:"user_received_account"`
	Amount              struct {
		Total       int64 `json:"total"`
		Refund      int64 `json:"refund"`
		PayerTotal  int64 `json:"payer_total"`
		PayerRefund int64 `json:"payer_refund"`
	} `json:"amount"`
}

// ParseRefundNotice reads the plaintext of a notice whose original type is OriginalRefund (退款结果通知), and checks what
// each of them must have.
func ParseRefundNotice(plaintext []byte) (RefundNotice, error) {
	var w wireRefundNotice
	if err := strictjson.Unmarshal(plaintext, &w); err != nil {
		return RefundNotice{}, malformed(ReasonPlaintext, "refund: "+err.Error())
	}
	success, err := parseTime("success_time", w.SuccessTime)
	r := RefundNotice{
		MchID: w.MchID, OutTradeNo: w.OutTradeNo, TransactionID: w.TransactionID, OutRefundNo: w.OutRefundNo,
		RefundID: w.RefundID, RefundStatus: w.RefundStatus, SuccessTime: success,
		UserReceivedAccount: w.UserReceivedAccount, AmountFen: w.Amount.Total, RefundFen: w.Amount.Refund,
		PayerAmountFen: w.Amount.PayerTotal, PayerRefundFen: w.Amount.PayerRefund,
	}
	if err := errors.Join(err, r.check()); err != nil {
		return RefundNotice{}, malformed(ReasonPlaintext, "refund: "+err.Error())
	}
	return r, nil
}

func (r RefundNotice) check() error {
	problems := []error{
		number("mchid", r.MchID, idMax), number("out_trade_no", r.OutTradeNo, outTradeNoMax),
		number("transaction_id", r.TransactionID, transactionIDMax),
		number("out_refund_no", r.OutRefundNo, outRefundNoMax), number("refund_id", r.RefundID, transactionIDMax),
		number("refund_status", r.RefundStatus, idMax),
		shown("user_received_account", r.UserReceivedAccount),
		notNegative("amount", r.AmountFen, r.RefundFen, r.PayerAmountFen, r.PayerRefundFen),
	}
	if r.RefundFen == 0 || r.AmountFen == 0 {
		problems = append(problems, errors.New("amount.refund or amount.total is missing"))
	}
	if r.RefundStatus == RefundSucceeded && r.SuccessTime.IsZero() {
		problems = append(problems, errors.New("success_time is missing"))
	}
	return errors.Join(problems...)
}

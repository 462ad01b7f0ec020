package sdk

import (
	"encoding/json"
	"fmt"
	"time"
)

// ParsePaymentNotice reads a decrypted transaction, as WeChat sends it. Handlers get it done; hosts with handlers in
// process, and tests, call it.
func ParsePaymentNotice(d Delivery, compared bool, raw []byte) (*PaymentNotice, error) {
	var t struct {
		MchID          string `json:"mchid"`
		AppID          string `json:"appid"`
		OutTradeNo     string `json:"out_trade_no"`
		TransactionID  string `json:"transaction_id"`
		TradeType      string `json:"trade_type"`
		TradeState     string `json:"trade_state"`
		TradeStateDesc string `json:"trade_state_desc"`
		BankType       string `json:"bank_type"`
		Attach         string `json:"attach"`
		SuccessTime    string `json:"success_time"`
		Payer          struct {
			OpenID string `json:"openid"`
		} `json:"payer"`
		Amount struct {
			Total      int64  `json:"total"`
			PayerTotal int64  `json:"payer_total"`
			Currency   string `json:"currency"`
		} `json:"amount"`
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fmt.Errorf("read payment notice: %w", err)
	}
	n := &PaymentNotice{
		Delivery: d, MchID: t.MchID, AppID: t.AppID, OutTradeNo: t.OutTradeNo, TransactionID: t.TransactionID,
		TradeType: t.TradeType, TradeState: t.TradeState, TradeStateDesc: t.TradeStateDesc, BankType: t.BankType,
		Attach: t.Attach, AmountFen: t.Amount.Total, PayerAmountFen: t.Amount.PayerTotal, Currency: t.Amount.Currency,
		PayerOpenID: t.Payer.OpenID, Compared: compared, RawJSON: raw,
	}
	if t.SuccessTime != "" {
		at, err := time.Parse(time.RFC3339, t.SuccessTime)
		if err != nil {
			return nil, fmt.Errorf("read payment notice: success_time: %w", err)
		}
		n.SuccessAt = at
	}
	return n, nil
}

// ParseRefundNotice reads a decrypted refund, as WeChat sends it.
func ParseRefundNotice(d Delivery, compared bool, raw []byte) (*RefundNotice, error) {
	var r struct {
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
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, fmt.Errorf("read refund notice: %w", err)
	}
	n := &RefundNotice{
		Delivery: d, MchID: r.MchID, OutTradeNo: r.OutTradeNo, TransactionID: r.TransactionID, OutRefundNo: r.OutRefundNo,
		RefundID: r.RefundID, RefundStatus: r.RefundStatus, UserReceivedAccount: r.UserReceivedAccount,
		AmountFen: r.Amount.Total, RefundFen: r.Amount.Refund, PayerAmountFen: r.Amount.PayerTotal,
		PayerRefundFen: r.Amount.PayerRefund, Compared: compared, RawJSON: raw,
	}
	if r.SuccessTime != "" {
		at, err := time.Parse(time.RFC3339, r.SuccessTime)
		if err != nil {
			return nil, fmt.Errorf("read refund notice: success_time: %w", err)
		}
		n.SuccessAt = at
	}
	return n, nil
}

// ParseUserEvent reads the JSON in which the host keeps a user event.
func ParseUserEvent(d Delivery, raw []byte) (*UserEvent, error) {
	var u struct {
		AppID     string `json:"appid"`
		OpenID    string `json:"openid"`
		UnionID   string `json:"unionid"`
		AccountID string `json:"account_id"`
		Phone     string `json:"phone"`
		Nickname  string `json:"nickname"`
		AvatarURL string `json:"avatar_url"`
	}
	if err := json.Unmarshal(raw, &u); err != nil {
		return nil, fmt.Errorf("read user event: %w", err)
	}
	return &UserEvent{
		Delivery: d, AppID: u.AppID, OpenID: u.OpenID, UnionID: u.UnionID, AccountID: u.AccountID, Phone: u.Phone,
		Nickname: u.Nickname, AvatarURL: u.AvatarURL, RawJSON: raw,
	}, nil
}

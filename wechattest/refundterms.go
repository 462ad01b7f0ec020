package wechattest

import (
	"encoding/json"
	"slices"
	"strings"
)

// refundTerms is a request for a refund, decoded after its fields were checked.
type refundTerms struct {
	TransactionID string `json:"transaction_id"`
	OutTradeNo    string `json:"out_trade_no"`
	OutRefundNo   string `json:"out_refund_no"`
	Reason        string `json:"reason"`
	NotifyURL     string `json:"notify_url"`
	Amount        struct {
		Refund int64 `json:"refund"`
		Total  int64 `json:"total"`
		From   []struct {
			Amount int64 `json:"amount"`
		} `json:"from"`
	} `json:"amount"`

	fields map[string]any
}

// parseRefundTerms checks and decodes the body of POST /v3/refund/domestic/refunds.
func (s *Simulator) parseRefundTerms(body []byte) (refundTerms, *payError) {
	fields, refused := checkBody(body, s.refundFields())
	if refused != nil {
		return refundTerms{}, refused
	}
	var terms refundTerms
	if err := json.Unmarshal(compactJSON(fields), &terms); err != nil {
		return refundTerms{}, paramError("body", "", "请求body不是合法的JSON对象", nil)
	}
	if terms.TransactionID == "" && terms.OutTradeNo == "" {
		return refundTerms{}, paramError("body", "/out_trade_no", "transaction_id和out_trade_no必须二选一填写", nil)
	}
	terms.fields = fields
	return terms, nil
}

// canonical is the request with sorted keys and the order named by its own number, to compare a second request with.
func (t refundTerms) canonical(outTradeNo string) string {
	delete(t.fields, "transaction_id")
	t.fields["out_trade_no"] = outTradeNo
	return string(compactJSON(t.fields))
}

// refundFields is the request table of 申请退款. Source: pay.weixin.qq.com, 退款申请.
func (s *Simulator) refundFields() []field {
	return []field{
		{name: "transaction_id", min: 1, max: 32},
		{name: "out_trade_no", min: 6, max: 32, check: checkOutTradeNo},
		{name: "out_refund_no", required: true, max: 64, check: checkOutRefundNo},
		{name: "reason", max: 80},
		{name: "notify_url", min: 8, max: 256, check: s.checkNotifyURL},
		{name: "funds_account", check: oneOf("AVAILABLE")},
		{name: "amount", kind: object, required: true, fields: []field{
			{name: "refund", kind: integer, required: true, min: 1},
			{name: "total", kind: integer, required: true, min: 1},
			{name: "currency", required: true, max: 16, check: checkCurrency},
			{name: "from", kind: list, fields: []field{
				{name: "account", required: true, check: oneOf("AVAILABLE", "UNAVAILABLE")},
				{name: "amount", kind: integer, required: true, min: 1},
			}},
		}},
		{name: "goods_detail", kind: list, fields: []field{
			{name: "merchant_goods_id", required: true, max: 32},
			{name: "wechatpay_goods_id", max: 32},
			{name: "goods_name", max: 256},
			{name: "unit_price", kind: integer, required: true},
			{name: "refund_amount", kind: integer, required: true},
			{name: "refund_quantity", kind: integer, required: true},
		}},
	}
}

func checkOutRefundNo(value string) string {
	const allowed = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-|*@"
	if value != "" && len(value) <= 64 && strings.Trim(value, allowed) == "" {
		return ""
	}
	return "字符串规则校验失败，商户退款单号只能是1-64个数字、大小写字母_-|*@"
}

// oneOf is the check of an enumeration.
func oneOf(allowed ...string) func(string) string {
	return func(value string) string {
		if slices.Contains(allowed, value) {
			return ""
		}
		return "枚举值错误，只能是" + strings.Join(allowed, "、")
	}
}

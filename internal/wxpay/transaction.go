package wxpay

import "time"

// The states of an order (交易状态, trade_state). An unknown one must not be treated as paid.
const (
	StateNotPay     = "NOTPAY"     // not paid yet; also after a failed attempt
	StateSuccess    = "SUCCESS"    // paid
	StateRefund     = "REFUND"     // paid, and at least one refund was accepted; says nothing of its amount
	StateClosed     = "CLOSED"     // closed, can never be paid
	StateRevoked    = "REVOKED"    // code-scanning payment only
	StateUserPaying = "USERPAYING" // code-scanning payment only
	StatePayError   = "PAYERROR"   // code-scanning payment only
)

// Transaction is an order as WeChat sees it: the answer to a query, and the plaintext of a TRANSACTION notice.
// Amounts are in fen (分). Strings are empty and times zero where WeChat left the field out.
type Transaction struct {
	AppID          string // appid
	MchID          string // mchid
	OutTradeNo     string // out_trade_no (商户订单号)
	TransactionID  string // transaction_id (微信支付订单号); only once paid
	TradeType      string // trade_type: JSAPI, NATIVE, APP, MWEB …
	TradeState     string // trade_state, see StateSuccess
	TradeStateDesc string // trade_state_desc, a sentence for people
	BankType       string // bank_type
	Attach         string // attach (附加数据); only once paid
	OpenID         string // payer.openid
	SuccessTime    time.Time
	AmountFen      int64  // amount.total: the order's price, to be compared with ours; 0 when absent
	PayerAmountFen int64  // amount.payer_total: what the user paid after coupons
	Currency       string // amount.currency; CNY when absent
	PayerCurrency  string // amount.payer_currency
	DeviceID       string // scene_info.device_id
	Promotions     []Promotion
	Raw            []byte // the JSON object as WeChat sent it, byte for byte; set by ParseTransaction and by queries
}

// Paid says whether money arrived: SUCCESS or REFUND.
func (t Transaction) Paid() bool { return t.TradeState == StateSuccess || t.TradeState == StateRefund }

// Promotion is one coupon used on an order (优惠功能, promotion_detail). Amounts are in fen.
type Promotion struct {
	CouponID              string // coupon_id
	Name                  string // name
	Scope                 string // scope: GLOBAL, SINGLE
	Type                  string // type: CASH, NOCASH
	StockID               string // stock_id
	AmountFen             int64  // amount
	WeChatContributeFen   int64  // wechatpay_contribute
	MerchantContributeFen int64  // merchant_contribute
	OtherContributeFen    int64  // other_contribute
	Currency              string // currency
}

// RefundNotice is the plaintext of a REFUND notice (退款结果通知). The SDK has no type for it. Amounts are in fen.
type RefundNotice struct {
	MchID               string // mchid
	OutTradeNo          string // out_trade_no
	TransactionID       string // transaction_id
	OutRefundNo         string // out_refund_no (商户退款单号)
	RefundID            string // refund_id (微信支付退款单号)
	RefundStatus        string // refund_status: SUCCESS, CLOSED, ABNORMAL
	SuccessTime         time.Time
	UserReceivedAccount string // user_received_account
	AmountFen           int64  // amount.total: the order's price
	RefundFen           int64  // amount.refund
	PayerAmountFen      int64  // amount.payer_total
	PayerRefundFen      int64  // amount.payer_refund
}

package wechattest

import "time"

// TradeState (交易状态) is where an order stands. A failed attempt to pay leaves NotPaid.
type TradeState string

// The states of an order. Refunded means that at least one refund was accepted, not that all is paid back.
const (
	NotPaid  TradeState = "NOTPAY"
	Paid     TradeState = "SUCCESS"
	Closed   TradeState = "CLOSED"
	Refunded TradeState = "REFUND"
)

// description is the trade_state_desc of answers.
func (t TradeState) description() string {
	switch t {
	case Paid:
		return "支付成功"
	case Closed:
		return "订单已关闭"
	case Refunded:
		return "订单发生过退款，退款详情请查询退款单"
	default:
		return "订单未支付"
	}
}

// TradeType (交易类型) is how an order is paid.
type TradeType string

// The ways to pay. Mini-programs pay by JSAPI, H5 is called MWEB.
const (
	JSAPI  TradeType = "JSAPI"
	Native TradeType = "NATIVE"
	H5     TradeType = "MWEB"
	InApp  TradeType = "APP"
)

// Order is one order as WeChat keeps it.
type Order struct {
	OutTradeNo    string     `json:"out_trade_no"` // 商户订单号
	AppID         string     `json:"appid"`
	MchID         string     `json:"mchid"`
	Description   string     `json:"description"`
	Attach        string     `json:"attach"`
	NotifyURL     string     `json:"notify_url"`
	TotalFen      int64      `json:"total"` // in fen (分)
	Currency      string     `json:"currency"`
	OpenID        string     `json:"openid"` // JSAPI: who ordered, and alone may pay; else who paid
	TradeType     TradeType  `json:"trade_type"`
	DeviceID      string     `json:"device_id"`
	State         TradeState `json:"state"`
	TransactionID string     `json:"transaction_id"` // 微信支付订单号, empty until paid
	PrepayID      string     `json:"prepay_id"`      // the latest one, of JSAPI and APP orders
	CodeURL       string     `json:"code_url"`       // the only living one, of NATIVE orders
	H5URL         string     `json:"h5_url"`         // the latest one, of MWEB orders
	CreatedAt     time.Time  `json:"created_at"`
	ExpiresAt     time.Time  `json:"expires_at"` // time_expire, or seven days after creation
	PaidAt        time.Time  `json:"paid_at,omitzero"`
	ClosedAt      time.Time  `json:"closed_at,omitzero"`
}

// paid says whether money came in, whatever was refunded since.
func (o Order) paid() bool { return !o.PaidAt.IsZero() }

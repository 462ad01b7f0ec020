package sdk

import "time"

// Delivery is one hand-over of one event to one plugin. Apart from Attempt and Replay it is the same each time.
type Delivery struct {
	// EventID is the idempotency key: make every effect depend on it, because an event can come more than once.
	EventID string
	// EventType says what happened: "payment.succeeded", "user.phone_bound", "refund.succeeded".
	EventType string
	// Subject is what the event is about: an out_trade_no, an openid. A plugin has one event per subject at a time.
	Subject string
	// Attempt is 1 for the first hand-over, and one more after each that failed, crashed, or whose host died. It stays as it
	// is when the event comes again because it could not be taken, or because the host stopped; a replay begins with 1.
	Attempt uint32
	// OccurredAt is when WeChat or the host saw it happen. Order is not promised: drop what is older than you know.
	OccurredAt time.Time
	// Replay is true when an operator asked for the event again.
	Replay bool
	// Shadow is true when another version has handled the event already and this one is only tried: have no effect of your
	// own. Only a plugin that is a ShadowHandler gets such events.
	Shadow bool
}

// PaymentNotice is a verified, decrypted payment notice (支付通知) of event type payment.succeeded. Amounts are in fen (分).
type PaymentNotice struct {
	Delivery

	MchID          string
	AppID          string
	OutTradeNo     string // the business's order number (商户订单号)
	TransactionID  string // WeChat Pay's order number (微信支付订单号)
	TradeType      string // JSAPI, NATIVE, APP, MWEB…
	TradeState     string // SUCCESS
	TradeStateDesc string
	BankType       string
	Attach         string // what the order carried along
	SuccessAt      time.Time
	AmountFen      int64 // the order's amount
	PayerAmountFen int64 // what the payer paid, after coupons
	Currency       string
	PayerOpenID    string

	// Compared is true when merchant, app, amount, currency and payer were compared with an order the host had stored.
	// It is false only where the host delivers notices for orders placed elsewhere: compare the amount yourself then.
	Compared bool
	// RawJSON is the decrypted resource, byte for byte.
	RawJSON []byte
}

// UserEvent is a user after a change; EventType says what changed. Fields nobody knows are empty.
type UserEvent struct {
	Delivery

	AppID     string
	OpenID    string
	UnionID   string
	AccountID string // the account in the host's own system
	Phone     string
	Nickname  string
	AvatarURL string

	// RawJSON is the whole event as the host stored it.
	RawJSON []byte
}

// RefundNotice is a verified, decrypted refund notice (退款结果通知) of an event type refund.*. Amounts are in fen (分); WeChat
// names no currency here.
type RefundNotice struct {
	Delivery

	MchID               string
	OutTradeNo          string // the business's order number (商户订单号)
	TransactionID       string // WeChat Pay's order number (微信支付订单号)
	OutRefundNo         string // the business's refund number (商户退款单号)
	RefundID            string // WeChat Pay's refund number (微信支付退款单号)
	RefundStatus        string // SUCCESS, CLOSED or ABNORMAL
	SuccessAt           time.Time
	UserReceivedAccount string // where the money went, in WeChat's words
	AmountFen           int64  // the order's amount
	RefundFen           int64  // this refund's amount
	PayerAmountFen      int64  // what the payer paid, after coupons
	PayerRefundFen      int64  // what the payer gets back, without coupons

	// Compared is true when merchant, order, amount and transaction were compared with an order the host had stored.
	Compared bool
	// RawJSON is the decrypted resource, byte for byte.
	RawJSON []byte
}

// Notice is an event without a type of its own: kinds WeChat adds later, and refunds for handlers without OnRefund.
type Notice struct {
	Delivery

	// WeChatType is the event type as WeChat writes it: "REFUND.SUCCESS".
	WeChatType string
	// Compared is true when the notice was compared with an order or refund the host had stored.
	Compared bool
	// RawJSON is the decrypted resource, byte for byte.
	RawJSON []byte
}

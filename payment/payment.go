// Package payment holds the business verbs of WeChat Pay (微信支付): placing, querying and closing orders, and taking
// notices in. A host reaches it through Module.Pay().
//
// Amounts are int64 fen (分). An order is believed paid only after a verified notice or a verified query, never because
// a client says so. The package knows neither HTTP nor plugins: handlers call it, and it queues events.
package payment

import (
	"context"
	"log/slog"
	"time"

	"wgink.ink/wechat/internal/delivery"
	"wgink.ink/wechat/internal/failpoint"
	"wgink.ink/wechat/internal/group"
	"wgink.ink/wechat/internal/store"
	"wgink.ink/wechat/internal/wxpay"
)

// Service carries the verbs. Make it through the module; the zero value is of no use.
type Service struct {
	client *wxpay.Client
	opener *wxpay.NoticeOpener
	db     *store.DB
	queue  *delivery.Queue
	keep   *group.Group[store.Incoming, store.Kept]
	log    *slog.Logger
	now    func() time.Time
	set    Settings
}

// Settings are the merchant's terms of every order.
type Settings struct {
	MchID     string // 商户号
	AppID     string // the mini-program that users pay in
	NotifyURL string // where WeChat sends notices: https, without query
	// DeliverUnknown delivers payments for orders we never placed, marked as not compared; otherwise they are quarantined.
	DeliverUnknown bool
}

// Parts are what a Service works with.
type Parts struct {
	Client *wxpay.Client
	Opener *wxpay.NoticeOpener
	DB     *store.DB
	Queue  *delivery.Queue
	Log    *slog.Logger
	Now    func() time.Time
}

// New wires a Service. Hosts use wechat.New, which calls it.
func New(p Parts, set Settings) *Service {
	return &Service{
		client: p.Client, opener: p.Opener, db: p.DB, queue: p.Queue, keep: group.New(keepLimit, store.ItemFault, keeper(p.DB)),
		log: p.Log, now: p.Now, set: set,
	}
}

// keepTimeout bounds the commit that a group of notices shares: whoever sent them has left by then, and those that come later
// must not wait for it for ever.
const keepTimeout = 5 * time.Second

// keeper keeps a group of facts.
func keeper(db *store.DB) group.Flush[store.Incoming, store.Kept] {
	return func(ctx context.Context, facts []store.Incoming) ([]store.Kept, error) {
		if err := failpoint.Hit(failpoint.BeforeInsert); err != nil {
			return nil, err
		}
		ctx, done := context.WithTimeout(ctx, keepTimeout)
		defer done()
		kept, err := db.Keep(ctx, facts)
		if err == nil {
			err = failpoint.Hit(failpoint.AfterCommit)
		}
		return kept, err
	}
}

// Wait returns when no notice is being kept any more, or with an error when ctx ends first. The module calls it while it stops.
func (s *Service) Wait(ctx context.Context) error { return s.keep.Wait(ctx) }

// State is an order's trade_state (交易状态).
type State string

// The states of an order placed here. An unknown one must not be treated as paid.
const (
	NotPay  State = "NOTPAY"  // 未支付
	Success State = "SUCCESS" // 支付成功
	Refund  State = "REFUND"  // 转入退款: at least one refund was accepted, perhaps a partial one
	Closed  State = "CLOSED"  // 已关闭
)

// Paid says whether money arrived.
func (s State) Paid() bool { return s == Success || s == Refund }

// Order is an order as WeChat and we know it.
type Order struct {
	MchID         string    `json:"mchid"`
	AppID         string    `json:"appid"`
	OutTradeNo    string    `json:"out_trade_no"`             // 商户订单号
	TransactionID string    `json:"transaction_id,omitempty"` // 微信支付订单号, once paid
	State         State     `json:"trade_state"`
	Description   string    `json:"description,omitempty"` // empty for an order placed elsewhere
	Attach        string    `json:"attach,omitempty"`
	AmountFen     int64     `json:"amount_fen"`                // the price, fen
	PayerTotalFen int64     `json:"payer_total_fen,omitempty"` // what the user paid after coupons, fen
	Currency      string    `json:"currency"`
	OpenID        string    `json:"openid"`
	TradeType     string    `json:"trade_type,omitempty"`
	BankType      string    `json:"bank_type,omitempty"`
	SuccessAt     time.Time `json:"success_at,omitzero"`
	CreatedAt     time.Time `json:"created_at,omitzero"` // zero for an order placed elsewhere
}

func fromRow(o store.Order) Order {
	out := Order{
		MchID: o.MchID, AppID: o.AppID, OutTradeNo: o.OutTradeNo, State: State(o.State), Description: o.Description,
		Attach: o.Attach, AmountFen: o.AmountFen, Currency: o.Currency, OpenID: o.OpenID,
		TradeType: o.TradeType, BankType: o.BankType, CreatedAt: o.CreatedAt.Time(),
	}
	if o.TransactionID != nil {
		out.TransactionID = *o.TransactionID
	}
	if o.PayerTotalFen != nil {
		out.PayerTotalFen = *o.PayerTotalFen
	}
	if o.SuccessAt != nil {
		out.SuccessAt = o.SuccessAt.Time()
	}
	return out
}

func fromTransaction(t wxpay.Transaction) Order {
	return Order{
		MchID: t.MchID, AppID: t.AppID, OutTradeNo: t.OutTradeNo, TransactionID: t.TransactionID,
		State: State(t.TradeState), Attach: t.Attach, AmountFen: t.AmountFen, PayerTotalFen: t.PayerAmountFen,
		Currency: t.Currency, OpenID: t.OpenID, TradeType: t.TradeType, BankType: t.BankType, SuccessAt: t.SuccessTime,
	}
}

// stored reads an order of ours.
func (s *Service) stored(ctx context.Context, outTradeNo string) (store.Order, bool, error) {
	o, found, err := s.db.Order(ctx, s.set.MchID, outTradeNo)
	return o, found, storage(err)
}

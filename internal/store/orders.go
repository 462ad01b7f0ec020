package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// Order is a row of wechat_orders. Amounts are fen.
type Order struct {
	bun.BaseModel `bun:"table:wechat_orders,alias:o"`

	MchID         string  `bun:"mchid,pk"`
	OutTradeNo    string  `bun:"out_trade_no,pk"`
	AppID         string  `bun:"appid"`
	OpenID        string  `bun:"openid"`
	Description   string  `bun:"description"`
	Attach        string  `bun:"attach"`
	GoodsTag      string  `bun:"goods_tag"`
	AmountFen     int64   `bun:"amount_fen"`
	Currency      string  `bun:"currency"`
	NotifyURL     string  `bun:"notify_url"`
	TimeExpire    *Millis `bun:"time_expire"`
	State         string  `bun:"state"`
	PrepayID      *string `bun:"prepay_id"`
	PrepayAt      *Millis `bun:"prepay_at"`
	TransactionID *string `bun:"transaction_id"`
	PayerTotalFen *int64  `bun:"payer_total_fen"`
	TradeType     string  `bun:"trade_type"`
	BankType      string  `bun:"bank_type"`
	SuccessAt     *Millis `bun:"success_at"`
	CreatedAt     Millis  `bun:"created_at"`
	UpdatedAt     Millis  `bun:"updated_at"`
}

// InsertOrder adds an order; false when the number is in use.
func (q Queries) InsertOrder(ctx context.Context, o Order) (fresh bool, err error) {
	fresh, err = affected(q.db.NewInsert().Model(&o).On("CONFLICT DO NOTHING").Exec(ctx))
	if err != nil {
		err = fmt.Errorf("insert order: %w", err)
	}
	return fresh, err
}

// Order reads an order by its number.
func (q Queries) Order(ctx context.Context, mchid, outTradeNo string) (o Order, found bool, err error) {
	found, err = one(q.db.NewSelect().Model(&o).Where("mchid = ? AND out_trade_no = ?", mchid, outTradeNo).Scan(ctx))
	if err != nil {
		err = fmt.Errorf("read order: %w", err)
	}
	return o, found, err
}

// OrderByTransaction reads an order by the payment that paid it.
func (q Queries) OrderByTransaction(ctx context.Context, mchid, transactionID string) (o Order, found bool, err error) {
	found, err = one(q.db.NewSelect().Model(&o).Where("mchid = ? AND transaction_id = ?", mchid, transactionID).Scan(ctx))
	if err != nil {
		err = fmt.Errorf("read order: %w", err)
	}
	return o, found, err
}

// SetPrepay stores a prepay_id unless one given after staleBefore is there; the caller reads the order again to see
// which one won.
func (q Queries) SetPrepay(ctx context.Context, mchid, outTradeNo, prepayID string, at, staleBefore Millis) error {
	_, err := q.db.NewUpdate().Model((*Order)(nil)).
		Set("prepay_id = ?", prepayID).Set("prepay_at = ?", at).Set("updated_at = ?", at).
		Where("mchid = ? AND out_trade_no = ?", mchid, outTradeNo).
		Where("prepay_at IS NULL OR prepay_at <= ?", staleBefore).Exec(ctx)
	if err != nil {
		return fmt.Errorf("store prepay: %w", err)
	}
	return nil
}

// MoveOrder moves an order from one state to the next; nothing happens in any other state.
func (q Queries) MoveOrder(ctx context.Context, mchid, outTradeNo, from, to string, at Millis) error {
	_, err := q.db.NewUpdate().Model((*Order)(nil)).Set("state = ?", to).Set("updated_at = ?", at).
		Where("mchid = ? AND out_trade_no = ? AND state = ?", mchid, outTradeNo, from).Exec(ctx)
	if err != nil {
		return fmt.Errorf("move order to %s: %w", to, err)
	}
	return nil
}

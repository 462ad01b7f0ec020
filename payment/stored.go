package payment

import (
	"context"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/store"
)

// StoredOrder finds an order of ours by exactly one of its numbers, as it is stored: it asks nobody and changes nothing.
//
// Errors: order-not-found (also for one placed elsewhere), storage-down.
func (s *Service) StoredOrder(ctx context.Context, outTradeNo, transactionID string) (Order, error) {
	var row store.Order
	var found bool
	var err error
	if transactionID != "" {
		row, found, err = s.db.OrderByTransaction(ctx, s.set.MchID, transactionID)
		err = storage(err)
	} else {
		row, found, err = s.stored(ctx, outTradeNo)
	}
	switch {
	case err != nil:
		return Order{}, err
	case !found:
		return Order{}, fault.New(fault.OrderNotFound, nil)
	default:
		return fromRow(row), nil
	}
}

package payment

import (
	"context"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/wxpay"
)

// GetOrder asks WeChat for an order by its transaction_id (微信支付订单号), which exists once it is paid, and stores what
// it learns. A payment found this way goes the same road to plugins as one told by a notice.
//
// Errors: order-invalid, order-not-found, order-mismatch (a payment arrived that does not fit the order, and is in quarantine),
// wechat-unavailable, wechat-refused, too-many-requests, storage-down.
func (s *Service) GetOrder(ctx context.Context, transactionID string) (Order, error) {
	if !text(transactionID, 1, 32) {
		return Order{}, invalid("transaction_id is missing or too long")
	}
	t, err := s.client.QueryByTransactionID(ctx, transactionID)
	if err != nil {
		return Order{}, err
	}
	return s.learn(ctx, t)
}

// GetBusinessOrder asks WeChat for an order by your own number (out_trade_no, 商户订单号) and stores what it learns.
//
// An order whose row exists but which WeChat does not know (it was never reached) is returned as stored.
//
// Errors: as GetOrder.
func (s *Service) GetBusinessOrder(ctx context.Context, businessOrderID string) (Order, error) {
	if !outTradeNo.MatchString(businessOrderID) {
		return Order{}, invalid("out_trade_no must be 6 to 32 of 0-9 A-Z a-z _ - | *")
	}
	t, err := s.client.QueryByOutTradeNo(ctx, businessOrderID)
	if fault.CodeOf(err) == fault.OrderNotFound {
		row, found, rowErr := s.stored(ctx, businessOrderID)
		if rowErr != nil {
			return Order{}, rowErr
		}
		if found {
			return fromRow(row), nil
		}
	}
	if err != nil {
		return Order{}, err
	}
	return s.learn(ctx, t)
}

// learn stores what a verified answer says about an order and returns the order as it is now.
func (s *Service) learn(ctx context.Context, t wxpay.Transaction) (Order, error) {
	_, ours, err := s.stored(ctx, t.OutTradeNo)
	if err != nil {
		return Order{}, err
	}
	if !ours {
		return fromTransaction(t), nil // placed elsewhere: nothing to update, nobody waits for it
	}
	switch {
	case t.Paid():
		receipt, err := s.accept(ctx, paymentEvent(s.set.MchID, t, nil))
		if err != nil {
			return Order{}, err
		}
		if receipt == Repeated && State(t.TradeState) == Refund {
			// The payment is known; that a refund was accepted since is news all the same.
			if err := s.move(ctx, t.OutTradeNo, Success, Refund); err != nil {
				return Order{}, err
			}
		}
	case State(t.TradeState) == Closed:
		if err := s.move(ctx, t.OutTradeNo, NotPay, Closed); err != nil {
			return Order{}, err
		}
	}
	row, found, err := s.stored(ctx, t.OutTradeNo)
	if err != nil {
		return Order{}, err
	}
	if !found {
		return fromTransaction(t), nil
	}
	if t.Paid() && (row.TransactionID == nil || *row.TransactionID != t.TransactionID) {
		// Neither "paid" nor "not paid" would be true: money arrived, but not the money of this order.
		return Order{}, fault.Newf(fault.OrderMismatch, "order %s: WeChat has payment %s, which does not fit it", t.OutTradeNo, t.TransactionID)
	}
	return fromRow(row), nil
}

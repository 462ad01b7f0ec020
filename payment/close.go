package payment

import (
	"context"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/store"
)

// CloseOrder closes an order that is not paid (关闭订单), so that it can never be paid. It asks WeChat first, closes, and
// asks again, because a payment may land at any moment in between. Closing a closed order succeeds.
//
// A number that WeChat does not know is closed too, and cannot be used afterwards.
//
// Errors: order-invalid, order-mismatch when a payment arrived that does not fit the order, order-paid when the payment was
// faster, order-not-found when neither WeChat nor we know the number, wechat-unavailable, wechat-refused,
// too-many-requests, storage-down.
func (s *Service) CloseOrder(ctx context.Context, businessOrderID string) error {
	before, err := s.GetBusinessOrder(ctx, businessOrderID)
	if err != nil {
		return err
	}
	if done, err := closedOrPaid(before); done {
		return err
	}
	refused := s.client.Close(ctx, businessOrderID)
	if refused != nil && fault.CodeOf(refused) != fault.OrderPaid {
		return refused
	}
	after, err := s.GetBusinessOrder(ctx, businessOrderID)
	if err != nil {
		return err
	}
	if done, err := closedOrPaid(after); done {
		return err
	}
	if refused != nil { // paid, says WeChat, though the query does not show it yet
		return refused
	}
	// Closed before WeChat ever knew it: a query still finds nothing, but the number is burned.
	return s.move(ctx, businessOrderID, NotPay, Closed)
}

func closedOrPaid(o Order) (done bool, err error) {
	switch {
	case o.State.Paid():
		return true, fault.Newf(fault.OrderPaid, "order %s", o.OutTradeNo)
	case o.State == Closed:
		return true, nil
	}
	return false, nil
}

func (s *Service) move(ctx context.Context, outTradeNo string, from, to State) error {
	return storage(s.db.MoveOrder(ctx, s.set.MchID, outTradeNo, string(from), string(to), store.MillisOf(s.now())))
}

package control

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"

	"wgink.ink/wechat/wechattest"
)

func (s *Server) triggerRefund(ctx context.Context, t Trigger, outcome wechattest.RefundStatus) (any, error) {
	order, err := s.paidOrder(ctx, t)
	if err != nil {
		return nil, err
	}
	number, err := s.placeRefund(ctx, t, order)
	if err != nil {
		return nil, err
	}
	if err := s.wechat.EndRefund(number, outcome); err != nil {
		return nil, refused("%v", err)
	}
	s.settle(ctx)
	return s.triggered(t, order.OutTradeNo, func(n Notice) bool { return n.OutRefundNo == number }), nil
}

// triggerPortalRefund lets somebody refund by hand, of which the shop learns by the older API alone.
func (s *Server) triggerPortalRefund(ctx context.Context, t Trigger) (any, error) {
	order, err := s.paidOrder(ctx, t)
	if err != nil {
		return nil, err
	}
	fen, err := s.refundOf(t, order)
	if err != nil {
		return nil, err
	}
	number, err := s.wechat.RefundInPortal(order.OutTradeNo, fen)
	if err != nil {
		return nil, refused("%v", err)
	}
	s.settle(ctx)
	return s.triggered(t, order.OutTradeNo, func(n Notice) bool { return n.OutRefundNo == number }), nil
}

// paidOrder is the order a refund is about, paid now if it was not.
func (s *Server) paidOrder(ctx context.Context, t Trigger) (wechattest.Order, error) {
	order, err := s.orderFor(ctx, t)
	if err != nil || order.TransactionID != "" {
		return order, err
	}
	if err := s.payOrder(ctx, t, order); err != nil {
		return order, err
	}
	s.settle(ctx) // the payment's notice comes first
	return order, nil
}

// refundOf is how much is refunded: what the trigger says, or what is left.
func (s *Server) refundOf(t Trigger, order wechattest.Order) (fen int64, err error) {
	left := order.TotalFen
	for _, earlier := range s.wechat.Refunds() {
		if earlier.OutTradeNo == order.OutTradeNo && earlier.Status != wechattest.RefundClosed {
			left -= earlier.RefundFen
		}
	}
	if left == 0 && t.Refund == 0 {
		return 0, refused("order %s is refunded in full already", order.OutTradeNo)
	}
	return cmp.Or(t.Refund, left), nil
}

// placeRefund asks for a refund as a shop does and returns its number.
func (s *Server) placeRefund(ctx context.Context, t Trigger, order wechattest.Order) (string, error) {
	shop, err := newMerchant(s.wechat)
	if err != nil {
		return "", err
	}
	number := cmp.Or(t.OutRefundNo, "SIMR-"+rand.Text()[:16])
	if _, exists := s.wechat.Refund(number); exists {
		return "", &problem{http.StatusConflict, "refused", "refund " + number + " exists already"}
	}
	fen, err := s.refundOf(t, order)
	if err != nil {
		return "", err
	}
	return number, shop.post(ctx, "/v3/refund/domestic/refunds", map[string]any{
		"out_trade_no": order.OutTradeNo, "out_refund_no": number, "notify_url": cmp.Or(t.NotifyURL, order.NotifyURL),
		"amount": map[string]any{"refund": fen, "total": order.TotalFen, "currency": order.Currency},
	})
}

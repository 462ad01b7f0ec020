package control

import (
	"net/http"

	"wgink.ink/wechat/wechattest"
)

// Delivery says what came of a notice that was sent by hand.
type Delivery struct {
	NoticeID string  `json:"notice_id"`
	URL      string  `json:"url"`
	Attempt  Attempt `json:"attempt"`
}

// OrderDetails is an order with its refunds and notices.
type OrderDetails struct {
	Order   Order    `json:"order"`
	Refunds []Refund `json:"refunds"`
	Notices []Notice `json:"notices"`
}

func (s *Server) order(r *http.Request) (any, error) {
	number := r.PathValue("no")
	order, err := s.findOrder(number)
	if err != nil {
		return nil, err
	}
	return s.details(order.OutTradeNo), nil
}

func (s *Server) findOrder(number string) (wechattest.Order, error) {
	order, found := s.wechat.Order(number)
	if !found {
		return order, missing("there is no order %q", number)
	}
	return order, nil
}

// details describes an order that exists.
func (s *Server) details(number string) OrderDetails {
	order, _ := s.wechat.Order(number)
	details := OrderDetails{
		Order: Order{order, s.owners()[order.AppID+" "+order.OpenID]}, Refunds: []Refund{}, Notices: s.allNotices(number),
	}
	for _, refund := range s.wechat.Refunds() {
		if refund.OutTradeNo == number {
			details.Refunds = append(details.Refunds, refund)
		}
	}
	return details
}

// resendOrder sends the payment notice of an order once more, now.
func (s *Server) resendOrder(r *http.Request) (any, error) {
	number := r.PathValue("no")
	if _, err := s.findOrder(number); err != nil {
		return nil, err
	}
	attempt, err := s.wechat.SendNotice(r.Context(), number)
	if err != nil {
		return nil, refused("order %s has no notice: it is not paid", number)
	}
	return delivery(attempt), nil
}

// resendNotice sends any notice once more, now.
func (s *Server) resendNotice(r *http.Request) (any, error) {
	id := r.PathValue("id")
	attempt, err := s.wechat.SendNoticeByID(r.Context(), id)
	if err != nil {
		return nil, missing("there is no notice %q", id)
	}
	return delivery(attempt), nil
}

func delivery(a wechattest.NoticeAttempt) Delivery {
	return Delivery{a.NoticeID, a.URL, viewAttempt(a)}
}

// holdNotices stops the timetable or lets it go on. Notices sent by hand are not held.
func (s *Server) holdNotices(hold bool) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		s.wechat.HoldNotices(hold)
		if !hold {
			s.settle(r.Context())
		}
		return map[string]bool{"notices_held": hold}, nil
	}
}

// endRefund lets a refund end now, as success unless the request says otherwise.
func (s *Server) endRefund(r *http.Request) (any, error) {
	request := struct {
		Outcome wechattest.RefundStatus `json:"outcome"`
	}{wechattest.RefundSuccess}
	if err := decode(r, &request); err != nil {
		return nil, err
	}
	number := r.PathValue("no")
	if _, found := s.wechat.Refund(number); !found {
		return nil, missing("there is no refund %q", number)
	}
	if err := s.wechat.EndRefund(number, request.Outcome); err != nil {
		return nil, refused("%v", err)
	}
	s.settle(r.Context())
	refund, _ := s.wechat.Refund(number)
	return s.details(refund.OutTradeNo), nil
}

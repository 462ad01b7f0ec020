package control

import (
	"context"
	"net/http"
	"strings"

	"wgink.ink/wechat/wechattest"
)

// Trigger asks for something to happen at WeChat. Whatever is missing for it (user, order, payment) is made.
type Trigger struct {
	Event       string               `json:"event"`
	OutTradeNo  string               `json:"out_trade_no,omitempty"`  // Default: a new order
	OutRefundNo string               `json:"out_refund_no,omitempty"` // of a new refund. Default: a random one
	Phone       string               `json:"phone,omitempty"`         // who pays. Default: who ordered, or alice
	Total       int64                `json:"total,omitempty"`         // fen, of a new order. Default: 100
	Refund      int64                `json:"refund,omitempty"`        // fen. Default: what is left
	TradeType   wechattest.TradeType `json:"trade_type,omitempty"`    // of a new order. Default: JSAPI
	Attach      string               `json:"attach,omitempty"`        // of a new order
	NotifyURL   string               `json:"notify_url,omitempty"`    // Default: the server's, or the newest order's
	Changes     map[string]string    `json:"changes,omitempty"`       // of event notice; see [Changes]
	Type        string               `json:"type,omitempty"`          // of event other: event_type; of message.event: Event
	Plaintext   string               `json:"plaintext,omitempty"`     // of event other
	Text        string               `json:"text,omitempty"`          // of event message.text
	Fields      map[string]string    `json:"fields,omitempty"`        // of event message.event, such as EventKey
}

// Triggered is what happened.
type Triggered struct {
	Event    string        `json:"event"`
	Result   *OrderDetails `json:"result,omitempty"`
	Notice   *Notice       `json:"notice,omitempty"` // the one that the event sent; nil while notices are held
	Forgery  *Forgery      `json:"forgery,omitempty"`
	Push     *Pushed       `json:"push,omitempty"`
	Accepted bool          `json:"accepted"` // the receiver took what was sent
}

// TriggerKind is one event by name.
type TriggerKind struct {
	Name, Does string
}

// TriggerKinds are the events there are.
func TriggerKinds() []TriggerKind {
	return []TriggerKind{
		{"payment.succeeded", "a phone pays an order; without -out-trade-no, a new one"},
		{"refund.succeeded", "a refund is made and ends: the money is back"},
		{"refund.abnormal", "a refund is made and ends: the payer's account is closed"},
		{"refund.closed", "a refund is made and ends: the money stays with the shop"},
		{"refund.portal", "somebody refunds in the merchant portal: the notice is the XML of API v2; needs sim serve -api-v2-key"},
		{"notice", "a notice with -change NAME=VALUE is sent: signed, but wrong. Nothing is paid"},
		{"other", "a notice of any -type with any -plaintext is sent, for example of a product this WeChat does not know"},
		{"message.text", "somebody writes -text to the official account; see sim push"},
		{"message.event", "an event of any -type with any -field is pushed: subscribe, unsubscribe, SCAN, CLICK, …"},
	}
}

func (s *Server) trigger(r *http.Request) (any, error) {
	var t Trigger
	if err := decode(r, &t); err != nil {
		return nil, err
	}
	if t.Phone != "" {
		if err := checkName(t.Phone); err != nil {
			return nil, err
		}
	}
	ctx := r.Context()
	switch t.Event {
	case "payment.succeeded":
		return s.triggerPayment(ctx, t)
	case "refund.succeeded":
		return s.triggerRefund(ctx, t, wechattest.RefundSuccess)
	case "refund.abnormal":
		return s.triggerRefund(ctx, t, wechattest.RefundAbnormal)
	case "refund.closed":
		return s.triggerRefund(ctx, t, wechattest.RefundClosed)
	case "refund.portal":
		return s.triggerPortalRefund(ctx, t)
	case "notice":
		return s.triggerNotice(ctx, t)
	case "other":
		return s.triggerOther(ctx, t)
	case "message.text":
		return s.triggerText(ctx, t)
	case "message.event":
		return s.triggerEvent(ctx, t)
	}
	var names []string
	for _, kind := range TriggerKinds() {
		names = append(names, kind.Name)
	}
	return nil, invalid("no event %q; known: %s", t.Event, strings.Join(names, ", "))
}

func (s *Server) triggerPayment(ctx context.Context, t Trigger) (any, error) {
	order, err := s.orderFor(ctx, t)
	if err != nil {
		return nil, err
	}
	if order.TransactionID != "" {
		return nil, refused("order %s is paid already; to send its notice again, resend it", order.OutTradeNo)
	}
	if err := s.payOrder(ctx, t, order); err != nil {
		return nil, err
	}
	s.settle(ctx)
	return s.triggered(t, order.OutTradeNo, func(n Notice) bool { return n.OutRefundNo == "" }), nil
}

func (s *Server) triggerOther(ctx context.Context, t Trigger) (any, error) {
	url, err := s.notifyURL(t)
	if err != nil {
		return nil, err
	}
	if t.Type == "" || t.Plaintext == "" {
		return nil, invalid("this event needs a type, such as MCHTRANSFER.BILL.FINISHED, and a plaintext, such as {}")
	}
	original, _, _ := strings.Cut(strings.ToLower(t.Type), ".")
	id, err := s.wechat.SendEvent(url, wechattest.Event{Type: t.Type, OriginalType: original, Summary: t.Type}, []byte(t.Plaintext))
	if err != nil {
		return nil, invalid("%v", err)
	}
	s.settle(ctx)
	result := Triggered{Event: t.Event}
	result.pick(s.allNotices(""), func(n Notice) bool { return n.ID == id })
	return result, nil
}

// triggered reports on an order and the notice that was caused.
func (s *Server) triggered(t Trigger, outTradeNo string, caused func(Notice) bool) Triggered {
	details := s.details(outTradeNo)
	result := Triggered{Event: t.Event, Result: &details}
	result.pick(details.Notices, caused)
	return result
}

func (t *Triggered) pick(notices []Notice, caused func(Notice) bool) {
	for _, n := range notices {
		if caused(n) {
			t.Notice, t.Accepted = &n, n.Accepted
		}
	}
}

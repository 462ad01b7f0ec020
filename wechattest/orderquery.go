package wechattest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// orderAnswer is a query's answer. The keys are in the order of live answers, and so is what an unpaid order leaves out.
type orderAnswer struct {
	Amount          orderAmount `json:"amount"`
	AppID           string      `json:"appid"`
	Attach          *string     `json:"attach,omitempty"`
	BankType        string      `json:"bank_type,omitempty"`
	MchID           string      `json:"mchid"`
	OutTradeNo      string      `json:"out_trade_no"`
	Payer           *payer      `json:"payer,omitempty"`
	PromotionDetail []struct{}  `json:"promotion_detail"`
	SceneInfo       sceneInfo   `json:"scene_info"`
	SuccessTime     string      `json:"success_time,omitempty"`
	TradeState      TradeState  `json:"trade_state"`
	TradeStateDesc  string      `json:"trade_state_desc"`
	TradeType       TradeType   `json:"trade_type,omitempty"`
	TransactionID   string      `json:"transaction_id,omitempty"`
}

type orderAmount struct {
	Currency      string `json:"currency,omitempty"`
	PayerCurrency string `json:"payer_currency"`
	PayerTotal    int64  `json:"payer_total,omitempty"`
	Total         int64  `json:"total"`
}

type payer struct {
	OpenID string `json:"openid"`
}

type sceneInfo struct {
	DeviceID string `json:"device_id"`
}

const balanceBankType = "OTHERS" // paid from the WeChat balance

// queryByOutTradeNo is GET /v3/pay/transactions/out-trade-no/{out_trade_no} (商户订单号查询订单).
func (s *Simulator) queryByOutTradeNo(call payCall) (payAnswer, *payError) {
	number := call.PathValue("out_trade_no")
	if issue := checkOutTradeNo(number); issue != "" {
		return payAnswer{}, paramError("uri", "out_trade_no", issue, number)
	}
	return s.query(call, number)
}

// queryByTransactionID is GET /v3/pay/transactions/id/{transaction_id} (微信支付订单号查询订单): paid orders only.
func (s *Simulator) queryByTransactionID(call payCall) (payAnswer, *payError) {
	number := call.PathValue("transaction_id")
	if len(number) > 32 {
		return payAnswer{}, paramError("uri", "transaction_id", "字符串规则校验失败，长度超过32", number)
	}
	var outTradeNo string
	s.view(func(st *state) { outTradeNo = st.index.orderByID[number] })
	return s.query(call, outTradeNo)
}

func (s *Simulator) query(call payCall, outTradeNo string) (payAnswer, *payError) {
	if refused := s.checkMchID(call.URL.Query().Get("mchid"), "query"); refused != nil {
		return payAnswer{}, refused
	}
	order, found := s.Order(outTradeNo)
	if !found {
		return payAnswer{}, orderNotExist()
	}
	return payAnswer{http.StatusOK, order.answer()}, nil
}

func (o Order) answer() orderAnswer {
	answer := orderAnswer{
		Amount:          orderAmount{PayerCurrency: o.Currency, Total: o.TotalFen},
		AppID:           o.AppID,
		MchID:           o.MchID,
		OutTradeNo:      o.OutTradeNo,
		PromotionDetail: []struct{}{},
		SceneInfo:       sceneInfo{o.DeviceID},
		TradeState:      o.State,
		TradeStateDesc:  o.State.description(),
	}
	if o.paid() {
		answer.Amount.Currency, answer.Amount.PayerTotal = o.Currency, o.TotalFen
		answer.Attach = &o.Attach
		answer.BankType, answer.TradeType = balanceBankType, o.TradeType
		answer.Payer = &payer{o.OpenID}
		answer.SuccessTime = wireTime(o.PaidAt)
		answer.TransactionID = o.TransactionID
	}
	return answer
}

// Order is the order with this number as WeChat keeps it now.
func (s *Simulator) Order(outTradeNo string) (Order, bool) {
	s.settleDue()
	var order *orderRecord
	var found Order
	s.view(func(st *state) {
		if order = st.order(outTradeNo, s.settings.clock.Now()); order != nil {
			found = order.Order
		}
	})
	return found, order != nil
}

// Orders is every order, oldest first.
func (s *Simulator) Orders() []Order {
	s.settleDue()
	var orders []Order
	s.view(func(st *state) {
		for number := range maps.Keys(st.Orders) {
			orders = append(orders, st.order(number, s.settings.clock.Now()).Order)
		}
	})
	slices.SortFunc(orders, func(a, b Order) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.OutTradeNo, b.OutTradeNo))
	})
	return orders
}

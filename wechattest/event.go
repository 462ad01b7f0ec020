package wechattest

import (
	"context"
	"errors"
	"fmt"
)

// Event is what a notice says before its plaintext.
type Event struct {
	Type         string // event_type, such as "MCHTRANSFER.BILL.FINISHED"
	OriginalType string // original_type, and the associated data of the encryption
	Summary      string
}

// SendEvent puts a notice of any kind on the timetable: kinds this WeChat knows nothing about, such as
// "PROFITSHARING", or ones that no product sends. It returns the notice's id. The plaintext is sealed as it is.
func (s *Simulator) SendEvent(url string, e Event, plaintext []byte) (id string, err error) {
	if url == "" || e.Type == "" {
		return "", errors.New("wechattest: an event needs a URL to go to and a type")
	}
	id = noticeID(randomHex(32))
	now := s.settings.clock.Now()
	s.update(func(st *state) { st.addNotice(s.newNoticeRecord(id, e, url, plaintext, now)) })
	return id, nil
}

// SendNoticeByID delivers any notice now, like [Simulator.SendNotice].
func (s *Simulator) SendNoticeByID(ctx context.Context, id string) (NoticeAttempt, error) {
	attempt, err := s.sendByHand(ctx, id)
	if err != nil {
		return NoticeAttempt{}, fmt.Errorf("%w: %s", err, id)
	}
	return attempt, nil
}

// combinedTransaction is the plaintext of a combined payment's notice (合单支付通知).
// Source: pay.weixin.qq.com, 合单支付 支付通知.
type combinedTransaction struct {
	AppID      string             `json:"combine_appid"`
	MchID      string             `json:"combine_mchid"`
	OutTradeNo string             `json:"combine_out_trade_no"`
	SubOrders  []combinedSubOrder `json:"sub_orders"`
	Payer      payer              `json:"combine_payer_info"`
}

type combinedSubOrder struct {
	MchID         string         `json:"mchid"`
	TradeType     TradeType      `json:"trade_type"`
	TradeState    TradeState     `json:"trade_state"`
	BankType      string         `json:"bank_type"`
	Attach        string         `json:"attach"`
	SuccessTime   string         `json:"success_time"`
	TransactionID string         `json:"transaction_id"`
	OutTradeNo    string         `json:"out_trade_no"`
	Amount        combinedAmount `json:"amount"`
}

type combinedAmount struct {
	Total         int64  `json:"total_amount"`
	Currency      string `json:"currency"`
	Payer         int64  `json:"payer_amount"`
	PayerCurrency string `json:"payer_currency"`
}

// SendCombined sends the notice that a combined payment (合单) of these paid orders would get: the same event type as a
// single payment's, another plaintext. It returns the notice's id.
func (s *Simulator) SendCombined(url, combineOutTradeNo string, outTradeNos ...string) (id string, err error) {
	combined := combinedTransaction{AppID: s.settings.app.AppID, MchID: s.settings.mchID, OutTradeNo: combineOutTradeNo}
	for _, number := range outTradeNos {
		order, found := s.Order(number)
		if !found || !order.paid() {
			return "", fmt.Errorf("wechattest: order %q is not paid", number)
		}
		t := order.transaction()
		combined.Payer = t.Payer
		combined.SubOrders = append(combined.SubOrders, combinedSubOrder{
			t.MchID, t.TradeType, t.TradeState, t.BankType, t.Attach, t.SuccessTime, t.TransactionID, t.OutTradeNo,
			combinedAmount{t.Amount.Total, t.Amount.Currency, t.Amount.PayerTotal, t.Amount.PayerCurrency},
		})
	}
	return s.SendEvent(url, paymentEvent(), compactJSON(combined))
}

package wechattest

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// The lives of an order. Source: pay.weixin.qq.com doc/v3/merchant/4012525167.
const (
	prepayLife    = 2 * time.Hour // of a prepay_id and a code_url
	h5Life        = 5 * time.Minute
	orderLife     = 7 * 24 * time.Hour  // without time_expire; unpaid orders close by themselves after it
	expiryMinimum = time.Minute         // a nearer time_expire is raised to it
	expiryMaximum = 90 * 24 * time.Hour // the newest text for direct merchants; older ones say 15 days
)

// prepayAnswer is one of three answers.
type prepayAnswer struct {
	PrepayID string `json:"prepay_id,omitempty"`
	CodeURL  string `json:"code_url,omitempty"`
	H5URL    string `json:"h5_url,omitempty"`
}

// placeOrder is POST /v3/pay/transactions/jsapi (JSAPI下单), which mini-programs use too, and its siblings …/native,
// …/h5 and …/app.
func (s *Simulator) placeOrder(tradeType TradeType) func(payCall) (payAnswer, *payError) {
	return func(call payCall) (payAnswer, *payError) {
		terms, refused := s.parseOrderTerms(tradeType, call.body)
		if refused == nil {
			refused = s.checkMchID(terms.MchID, "body")
		}
		if refused == nil && !s.settings.sellsIn(terms.AppID, tradeType) {
			refused = appNotOfMerchant()
		}
		if refused != nil {
			return payAnswer{}, refused
		}
		s.settleDue()
		var answer prepayAnswer
		s.update(func(st *state) {
			// An openid that is nobody's, or another app's: the code differs between editions, 400 in the current one.
			if _, known := st.user(terms.AppID, terms.Payer.OpenID); !known && tradeType == JSAPI {
				refused = paramError("body", "/payer/openid", "无效的openid", terms.Payer.OpenID)
				refused.resultCode = 268501013
				return
			}
			answer, refused = st.place(terms, call.now, cmp.Or(s.settings.orderPaidCode, "INVALID_REQUEST"))
		})
		if refused != nil {
			return payAnswer{}, refused
		}
		return payAnswer{http.StatusOK, answer}, nil
	}
}

// sellsIn says whether orders of this kind may name this appid: App payments a mobile app's, JSAPI those that have
// users inside WeChat, the others any.
func (s *settings) sellsIn(appID string, tradeType TradeType) bool {
	mobile := appID == s.mobileAppID
	switch tradeType {
	case InApp:
		return mobile
	case JSAPI:
		return !mobile && slices.Contains(s.appIDs(), appID)
	case Native, H5:
	}
	return slices.Contains(s.appIDs(), appID)
}

// place creates the order, or answers a repeat of its first request with one more prepay_id. Earlier ones of the order
// live on to their own end; only a code_url ends when another is made.
func (st *state) place(terms orderTerms, now time.Time, paidCode string) (prepayAnswer, *payError) {
	if st.Burned[terms.OutTradeNo] {
		return prepayAnswer{}, termsDiffer()
	}
	order := st.order(terms.OutTradeNo, now)
	if order == nil {
		order = newOrder(terms, now)
		st.Orders[terms.OutTradeNo] = order
	}
	switch {
	case order.paid():
		return prepayAnswer{}, orderIsPaid(paidCode)
	case order.State == Closed:
		return prepayAnswer{}, orderIsClosed()
	case !now.Before(order.ExpiresAt):
		return prepayAnswer{}, orderIsExpired()
	case order.Terms != terms.canonical:
		return prepayAnswer{}, termsDiffer()
	}
	return st.prepay(order, now), nil
}

// prepay gives an order one more way to be paid.
func (st *state) prepay(order *orderRecord, now time.Time) prepayAnswer {
	prepayID := "wx" + now.In(beijing()).Format("20060102150405") + randomHex(16) + randomDigits(4)
	switch order.TradeType {
	case Native:
		if order.CodeURL != "" {
			delete(order.Prepays, order.CodeURL)
			delete(st.index.orderByPrepay, order.CodeURL)
		}
		order.CodeURL = "weixin://wxpay/bizpayurl?pr=" + randomText(9)
		st.addPrepay(order, order.CodeURL, now.Add(prepayLife))
		return prepayAnswer{CodeURL: order.CodeURL}
	case H5:
		order.H5URL = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=" + prepayID + "&package=" + randomDigits(10)
		st.addPrepay(order, order.H5URL, now.Add(h5Life))
		return prepayAnswer{H5URL: order.H5URL}
	case JSAPI, InApp:
	}
	order.PrepayID = prepayID
	st.addPrepay(order, prepayID, now.Add(prepayLife))
	return prepayAnswer{PrepayID: prepayID}
}

func newOrder(terms orderTerms, now time.Time) *orderRecord {
	expires := now.Add(orderLife)
	if !terms.expires.IsZero() {
		expires = terms.expires
		if earliest := now.Add(expiryMinimum); expires.Before(earliest) {
			expires = earliest
		}
		if latest := now.Add(expiryMaximum); expires.After(latest) {
			expires = latest
		}
	}
	return &orderRecord{
		Order: Order{
			OutTradeNo: terms.OutTradeNo, AppID: terms.AppID, MchID: terms.MchID,
			Description: terms.Description, Attach: terms.Attach, NotifyURL: terms.NotifyURL,
			TotalFen: terms.Amount.Total, Currency: terms.Amount.Currency,
			OpenID: terms.Payer.OpenID, TradeType: terms.tradeType, DeviceID: terms.SceneInfo.DeviceID,
			State: NotPaid, CreatedAt: now, ExpiresAt: expires,
		},
		Terms:   terms.canonical,
		Prepays: map[string]time.Time{},
	}
}

// order finds an order and closes it if it is unpaid and older than seven days. time_expire alone changes no state.
func (st *state) order(outTradeNo string, now time.Time) *orderRecord {
	order := st.Orders[outTradeNo]
	if order == nil || order.State != NotPaid {
		return order
	}
	if end := order.CreatedAt.Add(orderLife); !now.Before(end) && !now.Before(order.ExpiresAt) {
		order.State, order.ClosedAt = Closed, later(end, order.ExpiresAt)
	}
	return order
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// checkMchID holds a request's mchid to the one that signed it. The code for a difference is not documented.
func (s *Simulator) checkMchID(mchID, location string) *payError {
	if mchID == "" {
		return paramError(location, "mchid", "必填性规则校验失败，此字段为必填项", nil)
	}
	if mchID != s.settings.mchID {
		return paramError(location, "mchid", "与Http头Authorization中的商户号不一致", mchID)
	}
	return nil
}

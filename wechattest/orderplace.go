package wechattest

import (
	"cmp"
	"net/http"
	"time"
)

// The lives of an order. Source: pay.weixin.qq.com doc/v3/merchant/4012525167.
const (
	prepayLife    = 2 * time.Hour
	orderLife     = 7 * 24 * time.Hour  // without time_expire; unpaid orders close by themselves after it
	expiryMinimum = time.Minute         // a nearer time_expire is raised to it
	expiryMaximum = 90 * 24 * time.Hour // the newest text for direct merchants; older ones say 15 days
)

type prepayAnswer struct {
	PrepayID string `json:"prepay_id"`
}

// placeJSAPIOrder is POST /v3/pay/transactions/jsapi (JSAPI下单), which mini-programs use too.
func (s *Simulator) placeJSAPIOrder(call payCall) (payAnswer, *payError) {
	terms, refused := s.parseOrderTerms(call.body)
	if refused != nil {
		return payAnswer{}, refused
	}
	if refused := s.checkMchID(terms.MchID, "body"); refused != nil {
		return payAnswer{}, refused
	}
	if terms.AppID != s.settings.app.AppID {
		return payAnswer{}, appNotOfMerchant()
	}
	var prepayID string
	s.update(func(st *state) {
		// An openid that is nobody's, or another app's: the code differs between editions, 400 in the current one.
		if _, known := st.index.userByOpenID[terms.Payer.OpenID]; !known {
			refused = paramError("body", "/payer/openid", "无效的openid", terms.Payer.OpenID)
			refused.resultCode = 268501013
			return
		}
		prepayID, refused = st.place(terms, call.now, cmp.Or(s.settings.orderPaidCode, "INVALID_REQUEST"))
	})
	if refused != nil {
		return payAnswer{}, refused
	}
	return payAnswer{http.StatusOK, prepayAnswer{prepayID}}, nil
}

// place creates the order, or answers a repeat of its first request with one more prepay_id. Earlier ones of the order
// live on to their own end.
func (st *state) place(terms orderTerms, now time.Time, paidCode string) (string, *payError) {
	if st.Burned[terms.OutTradeNo] {
		return "", termsDiffer()
	}
	order := st.order(terms.OutTradeNo, now)
	if order == nil {
		order = newOrder(terms, now)
		st.Orders[terms.OutTradeNo] = order
	}
	switch {
	case order.paid():
		return "", orderIsPaid(paidCode)
	case order.State == Closed:
		return "", orderIsClosed()
	case !now.Before(order.ExpiresAt):
		return "", orderIsExpired()
	case order.Terms != terms.canonical:
		return "", termsDiffer()
	}
	prepayID := "wx" + now.In(beijing()).Format("20060102150405") + randomHex(16) + randomDigits(4)
	st.addPrepay(order, prepayID, now.Add(prepayLife))
	return prepayID, nil
}

func newOrder(terms orderTerms, now time.Time) *orderRecord {
	expires := now.Add(orderLife)
	if wanted, err := time.Parse(time.RFC3339, terms.TimeExpire); err == nil {
		expires = wanted
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
			OpenID: terms.Payer.OpenID, DeviceID: terms.SceneInfo.DeviceID,
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

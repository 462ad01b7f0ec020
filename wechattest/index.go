package wechattest

import "time"

// index finds what a state holds by other names. It is made anew when a snapshot is read.
type index struct {
	userByOpenID  map[string]string   // openid → name
	orderByPrepay map[string]string   // prepay_id → out_trade_no
	orderByID     map[string]string   // transaction_id → out_trade_no
	waiting       map[string]struct{} // out_trade_no of notices that the timetable still delivers, also under way
	flying        int                 // scheduled deliveries under way
}

func (st *state) reindex() {
	st.index = index{
		userByOpenID: map[string]string{}, orderByPrepay: map[string]string{}, orderByID: map[string]string{},
		waiting: map[string]struct{}{},
	}
	for name, person := range st.Users {
		st.index.userByOpenID[person.OpenID] = name
	}
	for number, order := range st.Orders {
		for prepayID := range order.Prepays {
			st.index.orderByPrepay[prepayID] = number
		}
		if order.TransactionID != "" {
			st.index.orderByID[order.TransactionID] = number
		}
	}
	for number, notice := range st.Notices {
		if !notice.Due.IsZero() {
			st.index.waiting[number] = struct{}{}
		}
	}
}

// person is the user with this name, made at the first mention.
func (st *state) person(appID, name string) *user {
	if st.Users[name] == nil {
		st.Users[name] = newUser(appID, name)
		st.index.userByOpenID[st.Users[name].OpenID] = name
	}
	return st.Users[name]
}

// addPrepay gives an order one more prepay_id.
func (st *state) addPrepay(order *orderRecord, prepayID string, until time.Time) {
	order.PrepayID = prepayID
	order.Prepays[prepayID] = until
	st.index.orderByPrepay[prepayID] = order.OutTradeNo
}

// addNotice enters the notice about an order that was just paid.
func (st *state) addNotice(order *orderRecord, notice *noticeRecord) {
	st.Notices[order.OutTradeNo] = notice
	st.index.orderByID[order.TransactionID] = order.OutTradeNo
	st.index.waiting[order.OutTradeNo] = struct{}{}
}

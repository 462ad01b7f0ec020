package wechattest

import "time"

// index finds what a state holds by other names. It is made anew when a snapshot is read.
type index struct {
	userByOpenID  map[string]string   // openid → name
	orderByPrepay map[string]string   // prepay_id, code_url or h5_url → out_trade_no
	orderByID     map[string]string   // transaction_id → out_trade_no
	refundByID    map[string]string   // refund_id → out_refund_no
	refundsOf     map[string][]string // out_trade_no → out_refund_no, oldest first
	refunding     map[string]struct{} // out_refund_no of refunds in PROCESSING
	paying        map[string]struct{} // out_trade_no of orders whose payment arrives late
	queue         dueQueue            // of notices that the timetable still delivers
	blocked       map[string]struct{} // ids of notices that wait for another one, see waitsFor
	flying        int                 // scheduled deliveries under way
	reporting     int                 // template reports under way
}

func (st *state) reindex() {
	st.index = index{
		userByOpenID: map[string]string{}, orderByPrepay: map[string]string{}, orderByID: map[string]string{},
		refundByID: map[string]string{}, refundsOf: map[string][]string{}, refunding: map[string]struct{}{}, paying: map[string]struct{}{},
		blocked: map[string]struct{}{},
	}
	for name, person := range st.Users {
		st.indexUser(name, person)
	}
	for number, order := range st.Orders {
		for handle := range order.Prepays {
			st.index.orderByPrepay[handle] = number
		}
		if !order.PaysAt.IsZero() {
			st.index.paying[number] = struct{}{}
		}
		if order.TransactionID != "" {
			st.index.orderByID[order.TransactionID] = number
		}
	}
	for _, refund := range st.sortedRefunds() {
		st.indexRefund(refund)
	}
	for _, notice := range st.Notices {
		st.schedule(notice)
	}
}

// person is the user with this name, made at the first mention.
func (st *state) person(set *settings, name string) *user {
	if st.Users[name] == nil {
		st.Users[name] = newUser(set, name)
		st.indexUser(name, st.Users[name])
	}
	return st.Users[name]
}

func (st *state) indexUser(name string, person *user) {
	for _, openID := range person.OpenIDs {
		st.index.userByOpenID[openID] = name
	}
}

// user finds the person behind an openid of this app.
func (st *state) user(appID, openID string) (name string, found bool) {
	name, found = st.index.userByOpenID[openID]
	return name, found && st.Users[name].OpenIDs[appID] == openID
}

// addPrepay gives an order one more prepay_id, code_url or h5_url.
func (st *state) addPrepay(order *orderRecord, handle string, until time.Time) {
	order.Prepays[handle] = until
	st.index.orderByPrepay[handle] = order.OutTradeNo
}

func (st *state) indexRefund(refund *refundRecord) {
	number := refund.OutRefundNo
	st.index.refundByID[refund.RefundID] = number
	st.index.refundsOf[refund.OutTradeNo] = append(st.index.refundsOf[refund.OutTradeNo], number)
	if refund.Status == RefundProcessing {
		st.index.refunding[number] = struct{}{}
	}
}

// addNotice puts a notice on the timetable. One without a URL to go to is dropped, as WeChat does.
func (st *state) addNotice(notice *noticeRecord) {
	if notice.URL == "" {
		return
	}
	st.Notices[notice.ID] = notice
	st.schedule(notice)
}

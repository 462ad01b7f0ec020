package wechattest

import (
	"fmt"
	"time"
)

// HoldRefunds keeps refunds in PROCESSING, or lets those whose time has come end. [Simulator.EndRefund] ends one all the
// same.
func (s *Simulator) HoldRefunds(hold bool) { s.update(func(st *state) { st.RefundsHeld = hold }) }

// RefundsEnd says how refunds end from now on when their time has come. At first: [RefundSuccess].
func (s *Simulator) RefundsEnd(outcome RefundStatus) {
	s.update(func(st *state) { st.RefundOutcome = outcome })
}

// EndRefund ends a refund now, with its notice. An abnormal one can still become a success, since a merchant can have
// it paid elsewhere (异常退款).
func (s *Simulator) EndRefund(outRefundNo string, outcome RefundStatus) error {
	s.settleDue()
	var err error
	s.update(func(st *state) {
		refund := st.Refunds[outRefundNo]
		switch {
		case refund == nil:
			err = fmt.Errorf("wechattest: no refund %q", outRefundNo)
		case !refund.mayBecome(outcome):
			err = fmt.Errorf("wechattest: refund %q is %s and cannot become %s", outRefundNo, refund.Status, outcome)
		default:
			s.endRefund(st, refund, outcome, s.settings.clock.Now())
		}
	})
	return err
}

// mayBecome is the documented state machine.
func (r Refund) mayBecome(next RefundStatus) bool {
	switch r.Status {
	case RefundProcessing:
		return next == RefundSuccess || next == RefundClosed || next == RefundAbnormal
	case RefundAbnormal:
		return next == RefundSuccess
	case RefundSuccess, RefundClosed:
	}
	return false
}

// endRefunds ends the refunds whose time has come.
func (s *Simulator) endRefunds(st *state, now time.Time) {
	for number := range st.index.refunding {
		if refund := st.Refunds[number]; !st.RefundsHeld && !refund.EndsAt.After(now) {
			outcome := st.RefundOutcome
			if !refund.mayBecome(outcome) {
				outcome = RefundSuccess
			}
			s.endRefund(st, refund, outcome, refund.EndsAt)
		}
	}
}

// endRefund moves a refund and puts its notice on the timetable.
func (s *Simulator) endRefund(st *state, refund *refundRecord, outcome RefundStatus, at time.Time) {
	refund.Status, refund.EndedAt = outcome, at
	delete(st.index.refunding, refund.OutRefundNo)
	// Success after trouble is another event, with another id.
	id := noticeID(refund.RefundID)
	if st.Notices[id] != nil {
		id = noticeID(refund.RefundID + " " + string(outcome))
	}
	notice := s.newNoticeRecord(id, refundEvent(outcome), refund.NotifyURL, compactJSON(refund.notice(s.settings.mchID)), at)
	notice.OutTradeNo, notice.OutRefundNo = refund.OutTradeNo, refund.OutRefundNo
	st.addNotice(notice)
}

// refundNoticeID is the id of the newest notice about a refund.
func (st *state) refundNoticeID(r Refund) string {
	if again := noticeID(r.RefundID + " " + string(r.Status)); st.Notices[again] != nil {
		return again
	}
	return noticeID(r.RefundID)
}

package wechattest

import (
	"context"
	"time"
)

// maxNoticesUnderWay bounds how many scheduled deliveries run at the same time.
const maxNoticesUnderWay = 16

// sendDueNotices delivers each notice when it is due, until Close. It is the owner of every scheduled delivery.
func (s *Simulator) sendDueNotices() {
	for {
		due, next, changed := s.takeDueNotices()
		for _, outTradeNo := range due {
			s.tasks.Go(func() { s.deliverScheduled(outTradeNo) })
		}
		var wake <-chan time.Time
		stop := func() {}
		if !next.IsZero() {
			wake, stop = s.settings.clock.WakeAt(next)
		}
		select {
		case <-s.ctx.Done():
		case <-changed:
		case <-wake:
		}
		stop()
		if s.ctx.Err() != nil {
			return
		}
	}
}

// takeDueNotices marks the notices that are due as under way. It also returns when the next one is due and a channel
// that closes when the state changes.
func (s *Simulator) takeDueNotices() (due []string, next time.Time, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, found := s.settings.clock.Now(), &s.state.index
	for outTradeNo := range found.waiting {
		notice := s.state.Notices[outTradeNo]
		switch {
		case s.state.NoticesHeld || notice.flying:
		case notice.Due.After(now):
			if next.IsZero() || notice.Due.Before(next) {
				next = notice.Due
			}
		case found.flying < maxNoticesUnderWay:
			notice.flying = true
			found.flying++
			due = append(due, outTradeNo)
		}
	}
	return due, next, s.changed
}

// deliverScheduled makes one delivery of the timetable. One that Close cut short does not count.
func (s *Simulator) deliverScheduled(outTradeNo string) {
	attempt := s.post(s.ctx, outTradeNo)
	cut := s.ctx.Err() != nil && attempt.Status == 0
	s.update(func(st *state) {
		notice := st.Notices[outTradeNo]
		if notice == nil || !notice.flying {
			return // the state was replaced meanwhile
		}
		notice.flying = false
		st.index.flying--
		if !cut {
			st.record(attempt, notice, s.nextDelivery(notice))
		}
	})
}

// nextDelivery is when a notice comes again if it is not accepted now: a wait of the timetable after now.
func (s *Simulator) nextDelivery(notice *noticeRecord) time.Time {
	timetable := RetryTimetable()
	if notice.Retries >= len(timetable) {
		return time.Time{}
	}
	wait := time.Duration(float64(timetable[notice.Retries]) / s.settings.retrySpeed)
	notice.Retries++
	return s.settings.clock.Now().Add(wait)
}

// record enters a delivery into the journal. next is when the notice is due if this delivery was not accepted.
func (st *state) record(attempt NoticeAttempt, notice *noticeRecord, next time.Time) NoticeAttempt {
	notice.Sent++
	attempt.Number = notice.Sent
	notice.Due = next
	if attempt.Accepted() {
		notice.Done = true
	}
	if notice.Done {
		notice.Due = time.Time{}
	}
	if notice.Due.IsZero() {
		delete(st.index.waiting, attempt.OutTradeNo)
	}
	attempt.Next = notice.Due
	st.Journal = append(st.Journal, attempt)
	return attempt
}

// Settle waits until no notice is due at the clock's present time and none is under way. Notices that are held do not
// count.
func (s *Simulator) Settle(ctx context.Context) error {
	for {
		s.mu.Lock()
		busy, changed := s.state.noticesBusy(s.settings.clock.Now()), s.changed
		s.mu.Unlock()
		if !busy {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ctx.Done():
			return ErrClosed
		}
	}
}

func (st *state) noticesBusy(now time.Time) bool {
	if st.index.flying > 0 {
		return true
	}
	for outTradeNo := range st.index.waiting {
		if !st.NoticesHeld && !st.Notices[outTradeNo].Due.After(now) {
			return true
		}
	}
	return false
}

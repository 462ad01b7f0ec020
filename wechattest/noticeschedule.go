package wechattest

import (
	"context"
	"slices"
	"time"
)

const (
	// maxNoticesUnderWay bounds how many scheduled deliveries run at the same time.
	maxNoticesUnderWay = 16
	// journalKept is how many deliveries the journal goes back at least.
	journalKept = 10_000
)

// sendDueNotices delivers each notice when it is due, until Close. It is the owner of every scheduled delivery.
func (s *Simulator) sendDueNotices() {
	for {
		s.settleDue()
		s.sendReports()
		due, next, changed := s.takeDueNotices()
		for _, id := range due {
			s.tasks.Go(func() { s.deliverScheduled(id) })
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

// takeDueNotices marks the notices that are due as under way. It also returns when the next notice is due or the next
// refund ends, and a channel that closes when the state changes.
func (s *Simulator) takeDueNotices() (due []string, next time.Time, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, found := s.settings.clock.Now(), &s.state.index
	next, told := s.state.nextDue(), false
	for id := range found.waiting {
		notice := s.state.Notices[id]
		switch {
		case s.state.NoticesHeld || notice.flying:
		case notice.Due.After(now):
			next = sooner(next, notice.Due)
		case found.flying < maxNoticesUnderWay:
			wait, news := s.decideFate(notice, now)
			told = told || news
			switch {
			case !wait:
				notice.flying = true
				found.flying++
				due = append(due, id)
			case notice.Due.After(now):
				next = sooner(next, notice.Due)
			}
		}
	}
	if told { // Settle need not wait for what a script keeps back
		close(s.changed)
		s.changed = make(chan struct{})
	}
	return due, next, s.changed
}

// deliverScheduled makes one delivery of the timetable. One that Close cut short does not count.
func (s *Simulator) deliverScheduled(id string) {
	var fate Fault
	s.view(func(st *state) {
		if notice := st.Notices[id]; notice != nil && notice.fate != nil {
			fate = *notice.fate
		}
	})
	attempt := s.deliver(s.ctx, id, fate)
	cut := s.ctx.Err() != nil && attempt.Status == 0
	s.update(func(st *state) {
		notice := st.Notices[id]
		if notice == nil || !notice.flying {
			return // the state was replaced meanwhile
		}
		notice.flying, notice.fate = false, nil
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
		delete(st.index.waiting, notice.ID)
	}
	attempt.Next = notice.Due
	st.Journal = append(st.Journal, attempt)
	if len(st.Journal) >= 2*journalKept { // seldom, so that forgetting costs little
		st.Journal = slices.Clone(st.Journal[len(st.Journal)-journalKept:])
	}
	return attempt
}

// sooner is the earlier of two moments, of which zero means none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// Settle waits until no refund is to end and no notice is due at the clock's present time, and none is under way. What
// is held does not count.
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
	if end := st.nextDue(); st.index.flying+st.index.reporting+len(st.Reports) > 0 || (!end.IsZero() && !end.After(now)) {
		return true
	}
	for id := range st.index.waiting {
		if notice := st.Notices[id]; !st.NoticesHeld && !notice.Due.After(now) && !st.waitsFor(notice) {
			return true
		}
	}
	return false
}
